"""The webhook verifier, against two that are not ours: the openai package's and Standard Webhooks' own."""

import base64
import random
from collections.abc import Mapping
from datetime import UTC, datetime

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from voicemint.errors import InvalidSignature, SecretUnavailable
from voicemint.openai.webhooks import MAX_SECRETS, MAX_SIGNATURES, TOLERANCE_SECONDS, Delivery, WebhookSecrets, sign

NOW = 1_795_222_000
ID = "wh_685342e6c53c8190a1be43f081506c52"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER_SECRET = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
BODY = '{"object":"event","type":"realtime.call.incoming","data":{"caller":"Zoë"}}'.encode()


def headers(secret: str = SECRET, webhook_id: str = ID, timestamp: int = NOW, body: bytes = BODY) -> dict[str, str]:
    """A delivery as Standard Webhooks' own library signs it."""
    signature = Webhook(secret).sign(webhook_id, datetime.fromtimestamp(timestamp, UTC), body.decode())
    return {"webhook-id": webhook_id, "webhook-timestamp": str(timestamp), "webhook-signature": signature}


def accepted(sent: Mapping[str, str], body: bytes = BODY, secrets: str = SECRET, now: float = NOW) -> bool:
    try:
        delivery = WebhookSecrets(secrets).verify(sent.get, body, lambda: now)
    except InvalidSignature:
        return False
    assert delivery == Delivery(sent["webhook-id"], int(sent["webhook-timestamp"]))
    return True


def test_takes_what_standard_webhooks_signs() -> None:
    assert accepted(headers())


def test_signs_as_standard_webhooks_and_the_openai_package_expect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: float(NOW))
    signature = sign(SECRET, ID, NOW, BODY)
    assert signature == headers()["webhook-signature"]
    sent = {**headers(), "webhook-signature": signature}
    openai.OpenAI(api_key="sk-unused").webhooks.verify_signature(BODY, sent, secret=SECRET)


def test_takes_the_example_of_standard_webhooks_specification() -> None:
    """Source: standard-webhooks/spec, the vector that its libraries are tested with."""
    sent = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert accepted(sent, b'{"test": 2432232314}', "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", now=1614265330)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", " ", "é", "\x00", "x" * 100_000])
def test_a_header_that_is_missing_or_strange_is_refused(name: str, value: str | None) -> None:
    sent = headers()
    if value is None:
        del sent[name]
    else:
        sent[name] = value
    assert not accepted(sent)


@pytest.mark.parametrize(
    "timestamp",
    [
        "\uff11\uff17\uff19\uff15\uff12\uff12\uff12\uff10\uff10\uff10",
        "+1795222000",
        " 1795222000",
        "1795222000.0",
        "01795222000",
        "-1",
        "0",
        "1e9",
    ],
)
def test_a_timestamp_is_digits(timestamp: str) -> None:
    signature = sign(SECRET, ID, NOW, BODY)
    assert not accepted({"webhook-id": ID, "webhook-timestamp": timestamp, "webhook-signature": signature})


@pytest.mark.parametrize(("age", "taken"), [(0, True), (299, True), (300, True), (301, False), (86400, False)])
@pytest.mark.parametrize("direction", [1, -1])
def test_a_delivery_is_good_for_five_minutes_before_and_after(age: int, direction: int, taken: bool) -> None:
    assert TOLERANCE_SECONDS == 300
    assert accepted(headers(), now=NOW + direction * age) is taken


def test_an_id_has_no_dot_so_that_its_end_cannot_be_moved_into_the_timestamp() -> None:
    body = b"7.{}"
    moved = {**headers(webhook_id="wh", timestamp=NOW, body=body)}
    assert accepted(moved, body)
    assert not accepted({**moved, "webhook-id": f"wh.{NOW}", "webhook-timestamp": "7"}, b"{}", now=7)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.removeprefix("v1,"),
        lambda s: s.replace("v1,", "v2,"),
        lambda s: s.replace("v1,", "V1,"),
        lambda s: s.replace("v1,", "v1;"),
        lambda s: s.replace("v1,", "v1, "),
        lambda s: s.removesuffix("="),
        lambda s: s + "=",
        lambda s: s + " ",
        lambda s: " " + s,
        lambda s: s + ",v1",
        lambda s: s[:3],
        lambda s: s.lower(),
    ],
)
def test_a_signature_of_another_form_is_refused(change: object) -> None:
    sent = headers()
    sent["webhook-signature"] = change(sent["webhook-signature"])  # type: ignore[operator]
    assert not accepted(sent)


def test_another_spelling_of_the_same_signature_is_refused() -> None:
    """The last character before the `=` holds two bits that decode to nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    good = headers()["webhook-signature"]
    place = alphabet.index(good[-2])
    spellings = [good[:-2] + alphabet[place ^ bits] + "=" for bits in (1, 2, 3)]
    mac = base64.b64decode(good.removeprefix("v1,"))
    assert [base64.b64decode(other.removeprefix("v1,")) for other in spellings] == [mac] * 3
    assert not any(accepted({**headers(), "webhook-signature": other}) for other in spellings)


def test_any_one_of_up_to_eight_signatures_suffices() -> None:
    good = headers()["webhook-signature"]
    other = headers(OTHER_SECRET)["webhook-signature"]
    for place in range(MAX_SIGNATURES):
        listed = [other] * MAX_SIGNATURES
        listed[place] = good
        assert accepted({**headers(), "webhook-signature": " ".join(listed)})
    assert not accepted({**headers(), "webhook-signature": " ".join([other] * MAX_SIGNATURES)})
    assert not accepted({**headers(), "webhook-signature": " ".join([good] * (MAX_SIGNATURES + 1))})


def test_a_signature_of_another_version_stands_beside_ours() -> None:
    good = headers()["webhook-signature"]
    assert accepted({**headers(), "webhook-signature": f"v1a,{'A' * 86}== {good}"})


def test_what_the_second_of_two_secrets_signs_is_good_while_they_are_exchanged() -> None:
    assert accepted(headers(OTHER_SECRET), secrets=f"{SECRET}\n{OTHER_SECRET}\n")
    assert not accepted(headers(OTHER_SECRET))


@pytest.mark.parametrize(
    "content",
    ["", "\n", "whsec_", "whsec_AAAA", "whsec_" + "A" * 20, SECRET.removeprefix("whsec_"), f" {SECRET}", f"{SECRET} ",
     f"{SECRET}\n\n{OTHER_SECRET}", "whsec_" + "A" * 33, f"{SECRET}=", "\n".join([SECRET] * (MAX_SECRETS + 1))],
)  # fmt: skip
def test_what_is_no_secret_is_refused_and_not_quoted(content: str) -> None:
    with pytest.raises(SecretUnavailable) as caught:
        WebhookSecrets(content)
    assert SECRET[6:] not in str(caught.value)


def test_secrets_are_not_shown() -> None:
    assert repr(WebhookSecrets(SECRET)) == "WebhookSecrets(1)"


def test_no_single_bit_can_be_changed() -> None:
    sent = headers()
    flipper = random.Random(20261121)  # noqa: S311 - reproducible, not secret
    for _ in range(512):
        name = flipper.choice([*sent, "body"])
        raw = bytearray(BODY if name == "body" else sent[name].encode())
        raw[flipper.randrange(len(raw))] ^= 1 << flipper.randrange(8)
        if name == "body":
            assert not accepted(sent, bytes(raw))
        else:
            assert not accepted({**sent, name: raw.decode("latin-1")})


@given(
    st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()), st.binary()
)
def test_nothing_that_is_invented_is_taken_or_raises(sent: dict[str, str], body: bytes) -> None:
    assert not accepted(sent, body)


@given(st.binary(max_size=200), st.integers(1, 2_000_000_000))
def test_agrees_with_the_openai_package_on_whatever_bytes_are_signed(body: bytes, timestamp: int) -> None:
    """It reads UTF-8 only; a body of other bytes is signed all the same."""
    signature = sign(SECRET, ID, timestamp, body)
    sent = {"webhook-id": ID, "webhook-timestamp": str(timestamp), "webhook-signature": signature}
    assert accepted(sent, body, now=timestamp)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return
    assert Webhook(SECRET).sign(ID, datetime.fromtimestamp(timestamp, UTC), text) == signature
