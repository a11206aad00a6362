import pytest
from voicemint.redaction import REDACTED, redact
from voicemint.secrets.signing import SigningKeys

KEYS = SigningKeys("k1 " + "5" * 64)
GOOGLES = "ya29.c.b0AXv0zTN-planted_token"


@pytest.mark.parametrize("purpose", ["invite", "session", "ticket", "task"])
def test_what_we_signed_is_taken_out_wherever_it_stands(purpose: str) -> None:
    text = KEYS.sign(purpose, {"id": "a1", "name": "Ana \N{GRINNING FACE}", "exp": 1_800_000_000})
    assert redact(f"https://example.com/#i={text}") == f"https://example.com/#i={REDACTED}"
    assert redact(f'{{"ticket":"{text}","at":1}}') == f'{{"ticket":"{REDACTED}","at":1}}'
    assert redact(f"{text} and {text}.") == f"{REDACTED} and {REDACTED}."


def test_an_access_token_of_googles_is_taken_out() -> None:
    assert redact(f"found {GOOGLES}, expected none") == f"found {REDACTED}, expected none"


@pytest.mark.parametrize(
    "words",
    ["POST /v1/realtime/calls", "v1.2.3", "OpenAPI v1.k1.e30." + "0" * 63, "ya29", "version v1. It is new."],
)
def test_what_only_begins_like_a_secret_stays(words: str) -> None:
    assert redact(words) == words
