"""What an invite begins and ends with: the name of whom it is for, and its link as a QR code."""

import argparse
import io
from urllib.parse import urlsplit

import segno
from voicemint.access.invites import MAX_NAME_LENGTH

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
ONLY_HERE = (
    "Open it in a browser on this machine. An iPad or a phone cannot: the local run is reached from this machine only. "
    "For them, put the site on a project of your own (scripts/bootstrap.sh)."
)


def checked_name(text: str) -> str:
    """A name that a person can read in a list. Raises ArgumentTypeError."""
    name = text.strip()
    if not (1 <= len(name) <= MAX_NAME_LENGTH and name.isprintable()):
        raise argparse.ArgumentTypeError(f"expected a name of 1 to {MAX_NAME_LENGTH} printable characters")
    return name


def opens_here_only(link: str) -> bool:
    """Whether it leads to this machine itself: then there is nothing that another device could scan."""
    return urlsplit(link).hostname in LOOPBACK_HOSTS


def qr_code(link: str, *, colours: bool) -> str:
    """Half blocks, light on dark; `colours` says so to a terminal whose own are the other way round."""
    drawn = io.StringIO()
    segno.make(link, error="l", micro=False).terminal(out=drawn, compact=True)
    lines = drawn.getvalue().splitlines()
    return "\n".join(f"\x1b[97;40m{line}\x1b[0m" for line in lines) if colours else "\n".join(lines)
