import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import requests
from aiohttp import web
from standins.serving import ServerThread
from voicemint.errors import ControlUnavailable, GoogleUnavailable
from voicemint.google.control_bucket import ControlBucket
from voicemint.google.rest import FAILURE_SECONDS, TOKEN_MARGIN_SECONDS, AccessToken

from ...conftest import Clock

Arm = Callable[..., None]


@pytest.fixture
def arm(storage_url: str) -> Iterator[Arm]:
    """Arm a fault of the storage stand-in."""
    url = f"{storage_url}/_standin/faults"
    yield lambda **fault: requests.post(url, json=fault, timeout=5).raise_for_status()
    requests.delete(url, timeout=5)


@pytest.fixture
def missing_bucket(storage_url: str, metadata_url: str) -> ControlBucket:
    return ControlBucket("not-there", storage_url=storage_url, metadata_host=metadata_url.removeprefix("http://"))


def requests_of(storage_url: str, bucket: ControlBucket) -> list[dict[str, Any]]:
    log = requests.get(f"{storage_url}/_standin/requests", timeout=5).json()
    return [entry for entry in log if f"/{bucket.name}/" in entry["path"]]


def test_an_object_is_read_as_it_was_created(control_bucket: ControlBucket) -> None:
    name = "redeemed/odd name?&#%2F.json"
    assert control_bucket.create(name, b'{"a": 1}')
    assert control_bucket.read(name) == b'{"a": 1}'


def test_there_is_nothing_where_nothing_was_created(control_bucket: ControlBucket) -> None:
    assert control_bucket.read("redeemed/none.json") is None


def test_what_exists_is_not_created_again(control_bucket: ControlBucket) -> None:
    assert control_bucket.create("redeemed/a.json", b"first")
    assert not control_bucket.create("redeemed/a.json", b"second")
    assert control_bucket.read("redeemed/a.json") == b"first"


def test_a_long_list_is_read_page_by_page_and_no_further_than_asked(
    control_bucket: ControlBucket, storage_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voicemint.google.control_bucket.MAX_LISTED", 2)
    names = [f"minutes/{number}" for number in range(7)]
    for name in names:
        control_bucket.create(name, b"{}")
    before = len(requests_of(storage_url, control_bucket))
    assert control_bucket.list("minutes/", at_most=5) == names[:5]
    assert len(requests_of(storage_url, control_bucket)) == before + 3
    assert control_bucket.list("minutes/", at_most=100) == names


def test_lists_the_names_under_a_prefix(control_bucket: ControlBucket) -> None:
    for name in ("minted/2026-11-21/000000", "minted/2026-11-21/000001", "minted/2026-11-22/000000"):
        control_bucket.create(name, b"{}")
    assert control_bucket.list("minted/2026-11-21/") == ["minted/2026-11-21/000000", "minted/2026-11-21/000001"]
    assert control_bucket.list("minted/2026-11-23/") == []


def test_a_list_that_may_take_so_long_takes_no_longer_over_all_its_pages(
    control_bucket: ControlBucket, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voicemint.google.control_bucket.MAX_LISTED", 1)
    for number in range(3):
        control_bucket.create(f"signed-out/{number}", b"{}")
    arm(fault="slow", seconds=0.4, operation="objects_list", times=None)
    with pytest.raises(ControlUnavailable):
        control_bucket.list("signed-out/", at_most=3, seconds=1.0)
    assert len(control_bucket.list("signed-out/", at_most=3, seconds=30.0)) == 3


@pytest.mark.parametrize("answer", ["<html>", "[]", "null", '{"items": [{}]}', '{"items": 1}'])
def test_an_answer_that_is_no_list_is_none(servers: ServerThread, metadata_url: str, answer: str) -> None:
    async def list_objects(_request: web.Request) -> web.Response:
        return web.Response(text=answer)

    app = web.Application()
    app.router.add_get("/storage/v1/b/control/o", list_objects)
    bucket = ControlBucket(
        "control", storage_url=servers.serve(app), metadata_host=metadata_url.removeprefix("http://")
    )
    with pytest.raises(ControlUnavailable):
        bucket.list("signed-out/")


def test_of_fifty_parallel_creates_one_is_told_that_it_was_the_one(control_bucket: ControlBucket) -> None:
    def create(number: int) -> bool:
        return control_bucket.create("redeemed/once.json", b"claim %d" % number)

    with ThreadPoolExecutor(50) as threads:
        assert sum(threads.map(create, range(50))) == 1


def test_a_create_whose_answer_was_lost_knows_its_own_object(control_bucket: ControlBucket, arm: Arm) -> None:
    arm(fault="reset_after_commit", operation="objects_insert")
    assert control_bucket.create("redeemed/lost.json", b"mine")
    assert not control_bucket.create("redeemed/lost.json", b"theirs")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_bucket_that_fails_for_a_moment_is_asked_again(control_bucket: ControlBucket, arm: Arm, status: int) -> None:
    arm(fault="status", status=status, times=2, operation="objects_get")
    assert control_bucket.read("control.json") is not None
    arm(fault="status", status=status, times=2, operation="objects_insert")
    assert control_bucket.create("redeemed/again.json", b"mine")


def test_a_bucket_that_asks_to_be_left_alone_for_an_hour_is_not_waited_for(
    control_bucket: ControlBucket, arm: Arm
) -> None:
    arm(fault="status", status=503, retry_after=3600, times=None)
    with pytest.raises(ControlUnavailable):
        control_bucket.read("control.json")


@pytest.mark.parametrize("status", [400, 401, 403, 307])
def test_a_refusal_is_not_repeated(control_bucket: ControlBucket, storage_url: str, arm: Arm, status: int) -> None:
    arm(fault="status", status=status, times=None)
    before = len(requests_of(storage_url, control_bucket))
    for ask in (
        lambda: control_bucket.read("control.json"),
        lambda: control_bucket.create("redeemed/a.json", b"mine"),
        lambda: control_bucket.list("minted/"),
    ):
        with pytest.raises(ControlUnavailable):
            ask()
    assert len(requests_of(storage_url, control_bucket)) == before + 3


def test_a_bucket_that_stays_down_is_unavailable(control_bucket: ControlBucket, arm: Arm) -> None:
    arm(fault="reset", times=None)
    with pytest.raises(ControlUnavailable):
        control_bucket.read("control.json")


def test_a_bucket_that_is_not_there_says_yes_to_nothing(missing_bucket: ControlBucket) -> None:
    with pytest.raises(ControlUnavailable):
        missing_bucket.create("redeemed/a.json", b"mine")
    with pytest.raises(ControlUnavailable):
        missing_bucket.list("minted/")
    assert missing_bucket.read("control.json") is None


def test_an_object_that_is_too_large_is_refused(control_bucket: ControlBucket) -> None:
    control_bucket.create("redeemed/large.json", b" " * (256 * 1024 + 1))
    with pytest.raises(ControlUnavailable):
        control_bucket.read("redeemed/large.json")


class MetadataServer:
    """The metadata server's token endpoint with answers of the test's own; counts the requests."""

    def __init__(self) -> None:
        self.answer: Any = {"access_token": "token-1", "expires_in": 3600, "token_type": "Bearer"}
        self.status = 200
        self.asked: list[str | None] = []

    def create_app(self) -> web.Application:
        async def token(request: web.Request) -> web.Response:
            self.asked.append(request.headers.get("Metadata-Flavor"))
            return web.json_response(self.answer, status=self.status)

        app = web.Application()
        app.router.add_get("/computeMetadata/v1/instance/service-accounts/default/token", token)
        return app


@pytest.fixture
def metadata() -> MetadataServer:
    return MetadataServer()


@pytest.fixture
def access_token(servers: ServerThread, metadata: MetadataServer, clock: Clock) -> AccessToken:
    return AccessToken(servers.serve(metadata.create_app()).removeprefix("http://"), clock)


def test_one_token_is_used_until_it_is_about_to_expire(
    access_token: AccessToken, metadata: MetadataServer, clock: Clock
) -> None:
    assert {access_token.current() for _ in range(10)} == {"token-1"}
    metadata.answer = {**metadata.answer, "access_token": "token-2"}
    clock.now += 3600 - TOKEN_MARGIN_SECONDS - 1
    assert access_token.current() == "token-1"
    clock.now += 1
    assert access_token.current() == "token-2"
    assert metadata.asked == ["Google", "Google"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (404, {"error": "not found"}),
        (500, {}),
        (200, {"access_token": "a"}),
        (200, {"access_token": "a", "expires_in": "soon"}),
        (200, [1]),
        (200, None),
    ],
    ids=str,
)
def test_no_token_is_no_yes_and_that_is_remembered_for_a_moment(
    access_token: AccessToken, metadata: MetadataServer, clock: Clock, status: int, answer: Any
) -> None:
    metadata.status, metadata.answer = status, answer
    with pytest.raises(GoogleUnavailable):
        access_token.current()
    metadata.status, metadata.answer = 200, {"access_token": "token-1", "expires_in": 3600}
    asked = len(metadata.asked)
    with pytest.raises(GoogleUnavailable):
        access_token.current()
    assert len(metadata.asked) == asked
    clock.now += FAILURE_SECONDS
    assert access_token.current() == "token-1"


def test_a_metadata_server_that_is_gone_makes_the_bucket_unavailable(storage_url: str, closed_port: int) -> None:
    bucket = ControlBucket(uuid4().hex, storage_url=storage_url, metadata_host=f"127.0.0.1:{closed_port}")
    with pytest.raises(ControlUnavailable):
        bucket.read("control.json")


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nothing listens on for as long as the test runs: bound, and not listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield int(bound.getsockname()[1])
