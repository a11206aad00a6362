"""Nothing that we or Google did not sign is accepted, and nothing twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import urllib3
from flask.testing import FlaskClient
from standins.serving import ServerThread
from voicemint.access.firebase import CERTIFICATES_URL
from voicemint.access.invites import make_invite
from voicemint.control.stop_switch import ControlState
from voicemint.google.control_bucket import ControlBucket
from voicemint.secrets.signing import SigningKeys

from ..functions.conftest import LoadFunction, StartFunction, session_cookie, write_control
from ..functions.id_tokens import ALLOWED, PROJECT_ID, Issuer
from .conftest import Figure, Upstream
from .forgery import (
    BITS_FLIPPED,
    OURS,
    forged_cookies,
    forged_id_tokens,
    forged_invites,
    forged_tickets,
    single_bit_flips,
    take,
)

FORGERIES = 10_000
REPLAYS = 100
PARALLEL_CLIENTS = 50
SIGNED_OUT = ControlState(epoch=0, revoked=frozenset({"revoked"}))

Send = Callable[[str], int]


@pytest.fixture
def send_cookie(load_function: LoadFunction, control_bucket: ControlBucket, storage_url: str) -> Send:
    """Ask for a client secret with this cookie; returns the status."""
    write_control(control_bucket, storage_url, SIGNED_OUT)
    client = load_function("mint_client_secret", VOICEMINT_ACCESS="invite")
    send = _sender(client, "HTTP_COOKIE", "__session=")
    assert send(session_cookie()) == 200  # from here on the control state is known
    return send


@pytest.fixture
def send_invite(load_function: LoadFunction, control_bucket: ControlBucket, storage_url: str) -> Send:
    """Redeem this invite; returns the status."""
    write_control(control_bucket, storage_url, SIGNED_OUT)
    client = load_function("sign_in", VOICEMINT_ACCESS="invite")
    return lambda text: client.post("/api/access", json={"invite": text}).status_code


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def send_id_token(
    load_function: LoadFunction, servers: ServerThread, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> Send:
    """Ask for a client secret with this ID token; returns the status."""
    ours = f"{servers.serve(issuer.create_app())}/certificates"
    request = urllib3.PoolManager.request

    def request_certificates_of_ours(pool: urllib3.PoolManager, method: str, url: str, **options: object) -> object:
        return request(pool, method, ours if url == CERTIFICATES_URL else url, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(urllib3.PoolManager, "request", request_certificates_of_ours)
    environment = {"PROJECT_ID": PROJECT_ID, "FIREBASE_ALLOWED": ALLOWED}
    client = load_function("mint_client_secret", VOICEMINT_ACCESS="firebase", **environment)
    send = _sender(client, "HTTP_AUTHORIZATION", "Bearer ")
    assert send(issuer.token()) == 200
    return send


def _sender(client: FlaskClient, header: str, prefix: str) -> Send:
    """Straight into the WSGI environment: a client would refuse to send some of it."""
    bare = client.application.test_client(use_cookies=False)

    def send(text: str) -> int:
        environment = {header: prefix + text}
        return bare.post("/api/client-secrets", json={}, environ_overrides=environment).status_code

    return send


def test_no_forged_cookie_is_accepted(send_cookie: Send, asked_of_openai: Upstream, figure: Figure) -> None:
    before = asked_of_openai()
    statuses = [send_cookie(cookie) for cookie in take(forged_cookies(), FORGERIES)]
    assert set(statuses) == {401}
    assert asked_of_openai() == before
    figure("forged, foreign, expired, truncated, replayed cookies", f"{FORGERIES} sent, 0 accepted, 0 upstream calls")


def test_no_forged_invite_is_accepted(send_invite: Send, asked_of_openai: Upstream, figure: Figure) -> None:
    text = make_invite(SigningKeys(OURS), "Ana", epoch=0)[1]
    assert send_invite(text) == 204
    statuses = [send_invite(text) for _ in range(REPLAYS)]
    statuses += [send_invite(forged) for forged in take(forged_invites(), FORGERIES - REPLAYS)]
    assert set(statuses) == {403}
    assert asked_of_openai() == 0
    figure("forged, foreign, expired, truncated, replayed invites", f"{FORGERIES} sent, 0 accepted, 0 upstream calls")


def test_no_forged_ticket_ends_a_call(load_function: LoadFunction, asked_of_openai: Upstream, figure: Figure) -> None:
    client = load_function("create_call", VOICEMINT_ACCESS="invite", PROJECT_ID="test-project")
    client.set_cookie("__session", session_cookie())
    answers = [
        client.post("/api/calls/hangup", json={"ticket": forged})
        for forged in take(forged_tickets("person1"), FORGERIES)
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert {answer.json["error"]["code"] for answer in answers if answer.json} == {"invalid_ticket"}
    assert asked_of_openai() == 0
    figure("forged and foreign tickets of a call", f"{FORGERIES} sent, 0 accepted, 0 upstream calls")


def test_no_forged_id_token_is_accepted(
    send_id_token: Send, issuer: Issuer, asked_of_openai: Upstream, figure: Figure
) -> None:
    before = asked_of_openai()
    statuses = [send_id_token(token) for token in take(forged_id_tokens(issuer), FORGERIES)]
    assert set(statuses) == {401}
    assert asked_of_openai() == before
    assert issuer.fetches == 1
    figure(
        "forged, foreign, expired, truncated ID tokens",
        f"{FORGERIES} sent, 0 accepted, 0 upstream calls, {issuer.fetches} fetch of certificates",
    )


def test_no_single_bit_may_differ(
    send_cookie: Send, send_invite: Send, asked_of_openai: Upstream, figure: Figure
) -> None:
    before = asked_of_openai()
    cookies = [send_cookie(text) for text in single_bit_flips(session_cookie())]
    invites = [send_invite(text) for text in single_bit_flips(make_invite(SigningKeys(OURS), "Ana", epoch=0)[1])]
    assert (len(cookies), set(cookies)) == (BITS_FLIPPED, {401})
    assert (len(invites), set(invites)) == (BITS_FLIPPED, {403})
    assert asked_of_openai() == before
    figure("single-bit flips of a cookie and an invite", f"{BITS_FLIPPED} each, 0 accepted")


def test_no_single_bit_of_an_id_token_may_differ(send_id_token: Send, issuer: Issuer, figure: Figure) -> None:
    statuses = [send_id_token(text) for text in single_bit_flips(issuer.token())]
    assert (len(statuses), set(statuses)) == (BITS_FLIPPED, {401})
    figure("single-bit flips of an ID token", f"{BITS_FLIPPED}, 0 accepted")


def test_one_invite_lets_one_client_in(start_function: StartFunction, figure: Figure) -> None:
    """Two instances of the function, so that nothing but the bucket can tell who was first."""
    text = make_invite(SigningKeys(OURS), "Ana", epoch=0)[1]
    environment = {"VOICEMINT_ACCESS": "invite"}
    with (
        start_function("sign-in", **environment) as one,
        start_function("sign-in", **environment) as other,
        ThreadPoolExecutor(PARALLEL_CLIENTS) as threads,
    ):

        def redeem(number: int) -> requests.Response:
            url = f"{(one, other)[number % 2].url}/api/access"
            return requests.post(url, json={"invite": text}, timeout=20)

        answers = list(threads.map(redeem, range(PARALLEL_CLIENTS)))
    assert sorted(answer.status_code for answer in answers) == [204] + [403] * (PARALLEL_CLIENTS - 1)
    assert sum("Set-Cookie" in answer.headers for answer in answers) == 1
    figure("one invite, parallel clients on 2 processes", f"{PARALLEL_CLIENTS} clients, 1 let in")
