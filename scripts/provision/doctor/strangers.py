"""What stands under our names and is somebody else's: a bootstrap refuses to touch it."""

from collections.abc import Iterable

from ..findings import Finding
from .context import Context, ok

# The groups of commands without whose answers something of ours may look like somebody else's.
NEEDED = ("iam", "functions", "run", "tasks")
WHAT = "What somebody else has made under Voicemint's names"


def strangers(context: Context) -> Iterable[Finding]:
    refused = [context.unread[group] for group in NEEDED if group in context.unread]
    if refused:
        yield context.unasked("foreign", WHAT, refused[0], "roles/iam.securityReviewer")
    else:
        yield from context.strangers or [ok("foreign", f"{WHAT}: nothing")]
