"""The parsers that read what strangers send, each as a function of bytes that may only refuse in its own way."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import flask
from voicemint.access.modes import access_for
from voicemint.api.json_body import parse_json
from voicemint.calls.call import call_of_ticket
from voicemint.calls.sdp import check_offer
from voicemint.errors import InvalidRequest, InvalidSignature, InvalidTicket, SignedOut
from voicemint.openai.webhooks import WebhookSecrets
from voicemint.payloads.batch import encode_records, parse_batch, parse_batch_header
from voicemint.phone.sip_headers import incoming_call, numbers_in
from voicemint.redaction import redact
from voicemint.secrets.signing import SigningKeys
from voicemint.settings import Settings

KEYS = SigningKeys("k1 " + "5" * 64)
OURS = KEYS.sign("invite", {"id": "a1", "name": "Ana", "exp": 1_800_000_000, "epoch": 0}).encode()
WEBHOOK_SECRETS = WebhookSecrets("whsec_" + "A" * 43 + "=")
WEBHOOK = b"wh_1\n1795222000\nv1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=\n{}"
SIP = b'"Ana \\" <x>" <sip:+14155550123@h:5061;user=phone>;tag=1, <tel:+18005550100>'
TICKET = KEYS.sign("ticket", {"call_id": "rtc_1", "person": "a1", "deadline": 1_800_000_000}).encode()
OFFER = b"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
EVENT = b'{"at":"2026-11-21T10:00:00.000Z","direction":"server","event":{"type":"session.created","n":[1,2.5,null]}}'


# Seconds of one thread's CPU, so that a busy machine changes nothing: far above what a parser needs here (some
# microseconds a byte under coverage), and below what a quadratic one needs for a few thousand bytes.
SECONDS, SECONDS_PER_BYTE = 0.25, 0.000_05
TRIES = 3


@dataclass(frozen=True)
class Parser:
    """`read` raises nothing; `examples` are inputs from where others are found."""

    read: Callable[[bytes], None]
    examples: tuple[bytes, ...]

    def parse(self, data: bytes) -> None:
        """Read, and take no longer than grows in proportion to the input: in one of three tries, the first usually."""
        allowed = SECONDS + SECONDS_PER_BYTE * len(data)
        took = [self._seconds(data)]
        while min(took) > allowed and len(took) < TRIES:
            took.append(self._seconds(data))
        assert min(took) <= allowed, f"{min(took):.2f} s for {len(data)} bytes"

    def _seconds(self, data: bytes) -> float:
        gc.disable()  # a collection of what other tests have left is no time of the parser's
        started = time.thread_time()
        try:
            self.read(data)
        finally:
            took = time.thread_time() - started
            gc.enable()
        return took


def parsers(folder: Path) -> dict[str, Parser]:
    """All of them by name; `folder` gets the signing key that one of them reads."""
    return {
        "token": Parser(_token, (OURS, b"v1.k1.e30." + b"0" * 64)),
        "cookie": Parser(_cookie(folder), (b"__session=" + OURS, b'a=1; __session="x\\073y"; __session=; b')),
        "ndjson": Parser(_ndjson, (EVENT, EVENT + b"\n" + EVENT + b"\n", b"[" * 20)),
        "batch_header": Parser(_batch_header, (b"rtc_u1-9c2f/0", b"rtc/999999")),
        "webhook": Parser(_webhook, (WEBHOOK, WEBHOOK.replace(b"v1,", b"v1,A v1a,B v1,"))),
        "sip": Parser(_sip, (SIP, b"sip:+14155550123@h", b'"' * 40)),
        "sdp": Parser(_sdp, (OFFER, OFFER.replace(b"\r\n", b"\n"), b"v=0\r\nm=audio 9\0")),
        "ticket": Parser(_ticket, (TICKET, OURS, b"v1.k1.e30." + b"0" * 64)),
        "json": Parser(
            _json, (b'{"agent":"assistant","voice":"marin"}', b'{"invite":"\\ud83d\\ude00"}', b"[-1e9,NaN]")
        ),
        "redaction": Parser(_redaction, (OURS, b"Bearer " + OURS, b"ya29.a0.sk-ek_whsec_v1.k1.__session=cookie: v1.")),
    }


def _token(data: bytes) -> None:
    """Only what was signed for the purpose is verified."""
    for text in (data.decode("latin-1"), data.decode("utf-8", "surrogateescape")):
        assert KEYS.verify("session", text) is None
        assert KEYS.verify("invite", text) is None or data == OURS


def _cookie(folder: Path) -> Callable[[bytes], None]:
    """A Cookie header as a server hands it on, in front of the check of mode `invite`."""
    key_file = folder / "signing-key"
    key_file.write_text("k1 " + "5" * 64)
    access = access_for(Settings.from_environ({"CONTROL_BUCKET": "control", "SIGNING_KEY_FILE": str(key_file)}))
    app = flask.Flask("parsers")

    def parse(data: bytes) -> None:
        with app.test_request_context(environ_overrides={"HTTP_COOKIE": data.decode("latin-1")}):
            try:
                access(flask.request)
            except SignedOut:
                return
        raise AssertionError("somebody was let in")

    return parse


def _ndjson(data: bytes) -> None:
    """What is accepted can be written, an event a line."""
    try:
        events = parse_batch(data, "transcript")
    except InvalidRequest:
        return
    assert encode_records(events, {}).count(b"\n") == len(events)


def _batch_header(data: bytes) -> None:
    try:
        call_id, sequence = parse_batch_header(data.decode("latin-1"))
    except InvalidRequest:
        return
    assert "/" not in call_id
    assert 0 <= sequence <= 999_999


def _webhook(data: bytes) -> None:
    """Three headers as a server hands them on, and a body: none of it is signed."""
    webhook_id, timestamp, signatures, body = (*data.split(b"\n", 3), b"", b"", b"", b"")[:4]
    parts = {"webhook-id": webhook_id, "webhook-timestamp": timestamp, "webhook-signature": signatures}
    headers = {name: value.decode("latin-1") for name, value in parts.items()}
    for now in (1795222000.0, 0.0):
        try:
            WEBHOOK_SECRETS.verify(headers.get, body, lambda now=now: now)  # type: ignore[misc]
        except InvalidSignature:
            continue
        raise AssertionError("a webhook was accepted")


def _sip(data: bytes) -> None:
    """A header's value as the caller's side made it, and an event's data as JSON has them."""
    value = data.decode("utf-8", "replace")
    assert all(number[0] == "+" and number[1:].isdigit() for number in numbers_in(value))
    header = {"name": "From", "value": value}
    assert incoming_call({"call_id": "rtc_1", "sip_headers": [header, value]}).called is None


def _sdp(data: bytes) -> None:
    """What is accepted is an offer, and the very bytes that came."""
    try:
        offer = check_offer(data)
    except InvalidRequest:
        return
    assert offer is data
    assert offer.startswith(b"v=0")
    assert b"m=audio" in offer
    assert not set(offer) - set(range(1, 128))


def _ticket(data: bytes) -> None:
    """No other text names a call, and this one only to its own person."""
    for person in ("a1", "b2"):
        try:
            call_of_ticket(KEYS, data.decode("latin-1"), person)
        except InvalidTicket:
            continue
        assert (data, person) == (TICKET, "a1")


def _json(data: bytes) -> None:
    try:
        parse_json(data)
    except InvalidRequest:
        return


def _redaction(data: bytes) -> None:
    """No text that we signed is left."""
    assert OURS.decode() not in redact(data.decode("latin-1"))
