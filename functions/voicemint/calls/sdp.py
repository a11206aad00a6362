"""An SDP offer as far as we look into it: that it is one, with audio. What it says goes on to OpenAI byte for byte.

No address in it is ever dialled here, so it cannot make this server reach anything.
Source: RFC 8866, RFC 9429 (JSEP).
"""

import re

from voicemint.errors import InvalidOffer

MAX_OFFER_BYTES = 32 * 1024
CONTENT_TYPE = "application/sdp"

_VERSION = re.compile(rb"v=0\r?\n")
_AUDIO = re.compile(rb"^m=audio ", re.MULTILINE)


def check_offer(offer: bytes) -> bytes:
    """The offer itself. Raises InvalidOffer saying what was expected, never what was found."""
    if not _VERSION.match(offer):
        raise InvalidOffer("Expected an SDP offer: its first line is v=0.")
    if not offer.isascii() or b"\0" in offer:
        raise InvalidOffer("Expected an SDP offer of ASCII characters, without NUL.")
    if not _AUDIO.search(offer):
        raise InvalidOffer("Expected an SDP offer with a line m=audio.")
    return offer
