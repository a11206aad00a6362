"""What scripts/trigger.sh calls that which it makes in the project; a teardown looks for these names."""

TRIGGER = "voicemint-release"
DEPLOYER = "deployer"  # the account that builds run as
SESSION_SECRET = "smoke-session"  # noqa: S105  # its name
