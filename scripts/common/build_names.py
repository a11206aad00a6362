"""The names of what scripts/trigger.sh creates in the project; a teardown looks for them."""

TRIGGER = "voicemint-release"
DEPLOYER = "deployer"  # the account that builds run as
SESSION_SECRET = "smoke-session"  # noqa: S105  # its name
