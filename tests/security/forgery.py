"""Invites, cookies and ID tokens that must not be accepted, made from ones that would be."""

import base64
import hashlib
import hmac
import random
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice

from standins.openai.webhooks import new_secret, signature
from voicemint.access.invites import INVITE_SECONDS, make_invite
from voicemint.secrets.signing import SigningKeys

from ..functions.conftest import SIGNING_KEY, session_cookie
from ..functions.id_tokens import Issuer, SigningKey, claims, encode_segment

Make = Callable[[], str]
Webhook = tuple[dict[str, str], bytes]  # headers and body

OURS = f"k1 {SIGNING_KEY}"
FOREIGN = "k1 " + "6" * 64
BITS_FLIPPED = 256

_random = random.Random(20261121)  # noqa: S311 - reproducible, not secret


def take(kinds: list[Make], count: int) -> Iterator[str]:
    """`count` texts, every kind in turn."""
    return (make() for make in islice(cycle(kinds), count))


def forged_cookies() -> list[Make]:
    def invite() -> str:
        return make_invite(SigningKeys(OURS), "Ana", epoch=0)[1]

    return [
        lambda: session_cookie(FOREIGN, id=_name()),
        lambda: session_cookie(f"k9 {SIGNING_KEY}", id=_name()),
        lambda: session_cookie(exp=int(time.time()) - _random.randrange(1, 10**8)),
        lambda: session_cookie(exp=0),
        lambda: session_cookie(epoch=-1),  # signed out since, as is person `revoked`
        lambda: session_cookie(id="revoked"),
        *_mangled(lambda: session_cookie(id=_name())),
        invite,
        lambda: _resigned(session_cookie()),
    ]


def forged_invites() -> list[Make]:
    keys, foreign = SigningKeys(OURS), SigningKeys(FOREIGN)

    def invite() -> str:
        return make_invite(keys, "Ana", epoch=0)[1]

    return [
        lambda: make_invite(foreign, "Ana", epoch=0)[1],
        lambda: make_invite(keys, "Ana", epoch=0, now=time.time() - INVITE_SECONDS - _random.randrange(10**6))[1],
        lambda: make_invite(keys, "Ana", epoch=-1)[1],  # made before everybody was signed out
        *_mangled(invite),
        session_cookie,
        lambda: _resigned(invite()),
    ]


def forged_tickets(own_person: str) -> list[Make]:
    """Tickets that `own_person` was not given."""
    keys, foreign = SigningKeys(OURS), SigningKeys(FOREIGN)

    def ticket(signing: SigningKeys = keys, purpose: str = "ticket", **changes: object) -> str:
        payload = {"call_id": f"rtc_{_name()}", "person": own_person, "deadline": int(time.time()) + 600, **changes}
        return signing.sign(purpose, payload)

    return [
        lambda: ticket(foreign),
        lambda: ticket(SigningKeys(f"k9 {SIGNING_KEY}")),
        lambda: ticket(person=_name()),
        lambda: ticket(person=""),
        lambda: ticket(purpose="task"),
        lambda: ticket(purpose="session"),
        lambda: session_cookie(id=own_person),
        lambda: make_invite(keys, "Ana", epoch=0)[1],
        lambda: f"rtc_{_name()}",
        lambda: f"../../files/{_name()}",
        *_mangled(ticket),
        lambda: _resigned(ticket()),
    ]


def forged_id_tokens(issuer: Issuer) -> list[Make]:
    """Signing takes a millisecond, so what needs Google's key is signed once."""
    now = int(time.time())
    signed = [
        issuer.token(key=SigningKey(issuer.keys[0].key_id)),
        issuer.token(key=SigningKey("unknown")),
        issuer.token(exp=now - 3600, iat=now - 7200),
        issuer.token(iat=now + 3600),
        issuer.token(aud="other-project", iss="https://securetoken.google.com/other-project"),
        issuer.token(iss="https://accounts.google.com"),
        issuer.token(email="ana@example.com.evil.com"),
        issuer.token(email="ben@evil-example.org"),
        issuer.token(email_verified=False),
        issuer.token(sub=None),
        issuer.token(header={"alg": "none"}),
    ]
    good = issuer.token()
    unsigned = f"{encode_segment({'alg': 'none', 'typ': 'JWT'})}.{encode_segment(claims())}."
    return [*(_again(token) for token in (*signed, unsigned)), *_mangled(lambda: good), lambda: _other_claims(good)]


def forged_webhooks(secret: str, body: bytes) -> list[Callable[[], Webhook]]:
    """Deliveries that OpenAI did not sign with `secret`, or not so, or not now."""

    def delivery(by: str = secret, seconds_ago: int = 0, of: bytes = body, version: str = "v1") -> Webhook:
        webhook_id, timestamp = f"wh_{_name()}", int(time.time()) - seconds_ago
        made = signature(by, webhook_id, timestamp, of).replace("v1", version)
        return _webhook(webhook_id, timestamp, made), body

    def with_header(change: Callable[[dict[str, str]], object]) -> Callable[[], Webhook]:
        def make() -> Webhook:
            headers, _ = delivery()
            change(headers)
            return headers, body

        return make

    def keyed(key: bytes) -> Webhook:
        webhook_id, timestamp = f"wh_{_name()}", int(time.time())
        mac = hmac.digest(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256)
        return _webhook(webhook_id, timestamp, f"v1,{base64.b64encode(mac).decode()}"), body

    foreign = new_secret()
    return [
        lambda: delivery(by=foreign),
        lambda: keyed(b""),
        lambda: keyed(secret.encode()),
        lambda: delivery(seconds_ago=_random.randrange(310, 10**8)),
        lambda: delivery(seconds_ago=-_random.randrange(310, 10**8)),
        lambda: delivery(of=body + b" "),
        lambda: delivery(of=body[:-1]),
        lambda: delivery(version="v2"),
        lambda: (delivery()[0], body.replace(b"rtc_", b"rtd_") + b" "),
        with_header(lambda h: h.pop(_random.choice(list(h)))),
        with_header(lambda h: h.update({_random.choice(list(h)): _junk()})),
        with_header(lambda h: h.update({"webhook-id": h["webhook-id"] + "0"})),
        with_header(lambda h: h.update({"webhook-timestamp": str(int(h["webhook-timestamp"]) + 1)})),
        with_header(lambda h: h.update({"webhook-signature": _exchange(h["webhook-signature"])})),
        with_header(lambda h: h.update({"webhook-signature": _cut(h["webhook-signature"])})),
        with_header(lambda h: h.update({"webhook-signature": h["webhook-signature"].swapcase()})),
        with_header(lambda h: h.update({"webhook-signature": " ".join([h["webhook-signature"]] * 9)})),
        with_header(
            lambda h: h.update({"webhook-signature": f"v1,{base64.b64encode(_random.randbytes(32)).decode()}"})
        ),
    ]


def _webhook(webhook_id: str, timestamp: int, made: str) -> dict[str, str]:
    return {"webhook-id": webhook_id, "webhook-timestamp": str(timestamp), "webhook-signature": made}


def single_bit_flips(text: str) -> Iterator[str]:
    """BITS_FLIPPED copies with one bit flipped: all of the last 16 bytes', the others anywhere."""
    size = len(text) * 8
    bits = [*range(size - 128, size), *_random.sample(range(size - 128), BITS_FLIPPED - 128)]
    for bit in bits:
        raw = bytearray(text.encode())
        raw[bit // 8] ^= 1 << bit % 8
        yield raw.decode("latin-1")


def _mangled(make: Make) -> list[Make]:
    return [
        lambda: _cut(make()),
        lambda: make() + _random.choice("0aA_-=."),
        lambda: make().swapcase(),
        lambda: _exchange(make()),
        lambda: ".".join(reversed(make().split("."))),
        lambda: _junk(),
    ]


def _cut(text: str) -> str:
    return text[: _random.randrange(len(text))]


def _exchange(text: str) -> str:
    """One character by another of the same alphabet."""
    place = _random.randrange(len(text))
    others = "0123456789abcdef".replace(text[place], "")
    return text[:place] + _random.choice(others) + text[place + 1 :]


def _resigned(text: str) -> str:
    """A text of ours with a MAC that was guessed."""
    return f"{text.rpartition('.')[0]}.{_random.randbytes(32).hex()}"


def _other_claims(token: str) -> str:
    """Google's signature under claims of somebody else."""
    header, _, signature = token.split(".")
    return f"{header}.{encode_segment({**claims(), 'sub': _name(), 'email': 'ben@example.org'})}.{signature}"


def _again(token: str) -> Make:
    return lambda: token


def _name() -> str:
    return _random.randbytes(12).hex()


def _junk() -> str:
    alphabet = "".join(map(chr, range(0x21, 0x7F)))
    return "".join(_random.choices(alphabet, k=_random.randrange(1, 300)))
