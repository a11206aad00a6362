"""What an invite begins and ends with: the name of whom it is for, and its link as a QR code."""

import argparse
import io

import segno
from voicemint.invites import MAX_NAME_LENGTH


def checked_name(text: str) -> str:
    """A name that a person can read in a list. Raises ArgumentTypeError."""
    name = text.strip()
    if not (1 <= len(name) <= MAX_NAME_LENGTH and name.isprintable()):
        raise argparse.ArgumentTypeError(f"expected a name of 1 to {MAX_NAME_LENGTH} printable characters")
    return name


def qr_code(link: str, *, colours: bool) -> str:
    """Half blocks, light on dark; `colours` says so to a terminal whose own are the other way round."""
    drawn = io.StringIO()
    segno.make(link, error="l", micro=False).terminal(out=drawn, compact=True)
    lines = drawn.getvalue().splitlines()
    return "\n".join(f"\x1b[97;40m{line}\x1b[0m" for line in lines) if colours else "\n".join(lines)
