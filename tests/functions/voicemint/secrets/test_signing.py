import base64
import hashlib
import hmac
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from voicemint.access.invites import MAX_NAME_LENGTH, make_invite
from voicemint.errors import SecretUnavailable
from voicemint.secrets.signing import MAX_TEXT_BYTES, SigningKeys

KEY = "0123456789abcdef" * 4
OTHER_KEY = "fedcba9876543210" * 4
PAYLOAD = {"id": "a1", "name": "Ana's iPad", "exp": 1_800_000_000, "epoch": 2}


@pytest.fixture
def keys() -> SigningKeys:
    return SigningKeys(f"k1 {KEY}")


@pytest.fixture
def text(keys: SigningKeys) -> str:
    return keys.sign("session", PAYLOAD)


def test_verifies_what_it_signed(keys: SigningKeys, text: str) -> None:
    assert keys.verify("session", text) == PAYLOAD


def test_the_text_is_fit_for_a_cookie_and_for_a_fragment(text: str) -> None:
    version, key_id, payload, mac = text.split(".")
    assert (version, key_id) == ("v1", "k1")
    assert json.loads(base64.urlsafe_b64decode(payload + "==")) == PAYLOAD
    assert len(mac) == 64
    assert text.replace(".", "").replace("_", "").replace("-", "").isalnum()


def test_a_text_made_for_another_purpose_is_refused(keys: SigningKeys) -> None:
    assert keys.verify("session", keys.sign("invite", PAYLOAD)) is None


def test_purpose_and_text_cannot_be_split_elsewhere(keys: SigningKeys, text: str) -> None:
    assert keys.verify("session\0v1", text) is None
    assert keys.verify("", text) is None


def test_another_key_of_the_same_name_is_refused(text: str) -> None:
    assert SigningKeys(f"k1 {OTHER_KEY}").verify("session", text) is None


def test_a_key_that_is_gone_is_refused(text: str) -> None:
    assert SigningKeys(f"k2 {KEY}").verify("session", text) is None


def test_the_first_key_signs_and_all_of_them_verify(text: str) -> None:
    rotated = SigningKeys(f"k2 {OTHER_KEY}\nk1 {KEY}\n")
    assert rotated.verify("session", text) == PAYLOAD
    assert rotated.sign("session", PAYLOAD).startswith("v1.k2.")
    assert SigningKeys(f"k2 {OTHER_KEY}").verify("session", rotated.sign("session", PAYLOAD)) == PAYLOAD


def test_a_key_id_cannot_be_exchanged(text: str) -> None:
    both = SigningKeys(f"k1 {KEY}\nk2 {KEY}")
    assert both.verify("session", text.replace("v1.k1.", "v1.k2.", 1)) is None


def test_every_single_bit_counts(keys: SigningKeys, text: str) -> None:
    raw = text.encode()
    for bit in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        assert keys.verify("session", flipped.decode("latin-1")) is None, bit


def test_every_shorter_and_every_longer_text_is_refused(keys: SigningKeys, text: str) -> None:
    shorter = [text[:length] for length in range(len(text))] + [text[start:] for start in range(1, len(text))]
    longer = [text + end for end in ("0", "a", "=", "\n", " ", "\0", ".", text)] + [" " + text, "v1." + text]
    assert [keys.verify("session", other) for other in shorter + longer] == [None] * len(shorter + longer)


def test_another_spelling_of_the_same_payload_is_refused(keys: SigningKeys, text: str) -> None:
    version, key_id, payload, mac = text.split(".")
    spellings = [payload + "=", payload[:-1] + chr(ord(payload[-1]) + 1), payload + "A"]
    for spelling in spellings:
        assert keys.verify("session", f"{version}.{key_id}.{spelling}.{mac}") is None
    assert keys.verify("session", f"{version}.{key_id}.{payload}.{mac.upper()}") is None


@pytest.mark.parametrize(
    "text",
    ["", ".", "v1", "v1...", "v1.k1.e30.", "v2.k1.e30." + "0" * 64, "v1.k1.é." + "0" * 64, "v1.k1.e30." + "\u0660" * 64,
     "v1.k1.e30." + "0" * 63 + "\udcff", "v1.k1." + "A" * MAX_TEXT_BYTES + "." + "0" * 64],
    ids=["empty", "dot", "version", "nothing", "no mac", "v2", "letter", "digits", "surrogate", "oversize"],
)  # fmt: skip
def test_what_is_no_signed_text_is_refused(keys: SigningKeys, text: str) -> None:
    assert keys.verify("session", text) is None


def test_an_oversize_text_is_refused_even_when_it_is_ours(keys: SigningKeys) -> None:
    assert keys.verify("session", keys.sign("session", {"name": "x" * MAX_TEXT_BYTES})) is None


def test_the_longest_name_in_any_script_fits(keys: SigningKeys) -> None:
    _, text = make_invite(keys, "👩" * MAX_NAME_LENGTH, epoch=0)
    payload = keys.verify("invite", text)
    assert payload is not None
    assert payload["name"] == "👩" * MAX_NAME_LENGTH


@pytest.mark.parametrize("payload", [b"[]", b"7", b"\xff", b"{", b"[" * 500], ids=repr)
def test_a_leaked_key_cannot_make_it_fall_over(keys: SigningKeys, payload: bytes) -> None:
    """Signed by hand with our key: the MAC is right, the payload is nothing that we would sign."""
    signed = f"v1.k1.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}"
    mac = hmac.new(bytes.fromhex(KEY), f"session\0{signed}".encode(), hashlib.sha256).hexdigest()
    assert keys.verify("session", f"{signed}.{mac}") is None


@given(st.text(max_size=1200))
def test_verify_is_total(text: str) -> None:
    assert SigningKeys(f"k1 {KEY}").verify("session", text) is None


@pytest.mark.parametrize(
    "content",
    ["", "\n", KEY, f"k1 {KEY[:-1]}", f"k1 {KEY}0", f"k1 {KEY.upper()}", f"K1 {KEY}", f"k1  {KEY}", f" k1 {KEY}",
     f"k1 {KEY}\n\nk2 {OTHER_KEY}", f"k1 {KEY}\nk1 {OTHER_KEY}", f"k1 {KEY} k2 {OTHER_KEY}", f"{'k' * 17} {KEY}"],
    ids=["empty", "blank", "no id", "short", "long", "capitals", "capital id", "two spaces", "leading space",
         "blank line", "same id twice", "one line", "long id"],
)  # fmt: skip
def test_a_bad_key_file_is_refused_and_never_quoted(content: str) -> None:
    with pytest.raises(SecretUnavailable, match="one a line") as caught:
        SigningKeys(content)
    assert KEY[:16] not in str(caught.value)
    assert KEY[:16].upper() not in str(caught.value)


def test_keys_do_not_show_themselves(keys: SigningKeys) -> None:
    shown = f"{keys} {keys!r} {[keys]}"
    assert KEY not in shown
    assert repr(bytes.fromhex(KEY)) not in shown
    assert "k1" in shown


def test_random_macs_are_refused(keys: SigningKeys, text: str) -> None:
    rng = random.Random(7)  # noqa: S311 - reproducible, not secret
    signed = text.rpartition(".")[0]
    assert not any(keys.verify("session", f"{signed}.{rng.randbytes(32).hex()}") for _ in range(500))
