"""The lines of the secret `signing-key` during a rotation. What they are: functions/voicemint/secrets/signing.py.

[old]  ->  [old, new]  everybody learns to verify by the new key
       ->  [new, old]  it signs; what the old one signed stays good
       ->  [new]       --retire: what the old one signed is void
"""

import os
import re

from voicemint.secrets.signing import SigningKeys

_NUMBERED = re.compile(r"k(\d{1,9}) ", re.ASCII)


def parse_lines(text: str) -> list[str]:
    """One line a key, the signing one first. Raises SecretUnavailable."""
    SigningKeys(text)
    return text.splitlines()


def new_line(lines: list[str]) -> str:
    """A new key under an id higher than any before: the highest number is the newest key."""
    return f"k{max(map(_number, lines)) + 1} {os.urandom(32).hex()}"


def first_line() -> str:
    """The key of a project that has none yet."""
    return f"k1 {os.urandom(32).hex()}"


def unfinished(lines: list[str]) -> str | None:
    """The key of a rotation that ended half-way: newer than the one that signs, and verifying only."""
    newest = max(lines, key=_number)
    return newest if _number(newest) > _number(lines[0]) else None


def with_verifier(lines: list[str], line: str) -> list[str]:
    return [*lines, line]


def with_signer(lines: list[str], line: str) -> list[str]:
    return [line, *(other for other in lines if other != line)]


def id_of(line: str) -> str:
    return line.partition(" ")[0]


def _number(line: str) -> int:
    """0 for the ids that others gave."""
    match = _NUMBERED.match(line)
    return int(match[1]) if match else 0
