"""Invented ids with OpenAI's prefixes."""

import secrets


def new_id(prefix: str) -> str:
    """Return e.g. `item_0f3c…`: the prefix and 22 hexadecimal digits."""
    return f"{prefix}_{secrets.token_hex(11)}"
