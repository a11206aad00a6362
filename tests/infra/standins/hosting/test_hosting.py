"""Where production differs from the emulator, and what only Hosting decides: cookies, limits, failures, caching."""

import gzip
import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from standins import hosting
from standins.serving import ServerThread

from .conftest import SERVICES, make_project
from .emulator_process import free_ports

LOGS = "/api/logs"
MEBIBYTE = 2**20


def site_with(servers: ServerThread, project: Path, service_url: str, timeout_seconds: float = 60) -> str:
    services = dict.fromkeys(SERVICES, service_url)
    app = hosting.create_app(project / "firebase.json", services, timeout_seconds=timeout_seconds)
    return servers.serve(app)


@pytest.fixture
def raw_service() -> Iterator[tuple[str, list[bytes]]]:
    """A service that answers whatever bytes the list holds, and closes."""
    replies: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(replies[0])

    with serving_bytes(answer) as url:
        yield url, replies


@contextmanager
def serving_bytes(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A service without HTTP of its own; a connection is closed when `answer` returns."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            answer(connection)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        ("__session=abc", ["__session=abc"]),
        ("_ga=1; __session=abc; other=2", ["__session=abc"]),
        ("_ga=1", None),
        ("x__session=abc", None),
        ("a=__session=b", None),
    ],
)
def test_only_the_session_cookie_reaches_a_function(site_url: str, sent: str, received: list[str] | None) -> None:
    seen = requests.get(site_url + LOGS, headers={"Cookie": sent}, timeout=5).json()
    assert seen["headers"].get("Cookie") == received


@pytest.mark.parametrize(
    ("reply", "passes"), [("cookie-private", True), ("cookie-unsaid", True), ("cookie-public", False)]
)
def test_a_cookie_comes_back_only_on_a_private_answer(site_url: str, reply: str, passes: bool) -> None:
    answer = requests.get(f"{site_url}{LOGS}?reply={reply}", timeout=5)
    assert ("Set-Cookie" in answer.headers) == passes


def test_the_functions_answers_are_never_kept_by_a_cache(site_url: str) -> None:
    for target in (LOGS, f"{LOGS}?reply=missing", f"{LOGS}?reply=crash"):
        assert requests.get(site_url + target, timeout=5).headers["Cache-Control"] == "private, no-store"


def test_the_page_is_revalidated_and_an_asset_is_kept(site_url: str) -> None:
    assert requests.get(site_url, timeout=5).headers["Cache-Control"] == "no-cache"
    asset = requests.get(f"{site_url}/assets/page-1a2b3c.css", timeout=5)
    assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"], ids=["strong", "weak", "list", "any"])
def test_a_file_the_browser_has_is_not_sent_again(site_url: str, form: str) -> None:
    etag = requests.get(site_url, timeout=5).headers["ETag"]
    known = "*" if form == "*" else form.format(etag)
    answer = requests.get(site_url, headers={"If-None-Match": known}, timeout=5)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)


def test_a_changed_file_is_sent_again(servers: ServerThread, services: dict[str, str], tmp_path: Path) -> None:
    project = make_project(tmp_path)
    url = servers.serve(hosting.create_app(project / "firebase.json", services))
    etag = requests.get(url, timeout=5).headers["ETag"]
    (project / "dist" / "index.html").write_text("changed")
    assert requests.get(url, headers={"If-None-Match": etag}, timeout=5).text == "changed"


def test_a_site_without_a_404_page_has_a_plain_one(
    servers: ServerThread, services: dict[str, str], tmp_path: Path
) -> None:
    project = make_project(tmp_path)
    (project / "dist" / "404.html").unlink()
    answer = requests.get(f"{servers.serve(hosting.create_app(project / 'firebase.json', services))}/x", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "Page not found" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_service_that_is_down_is_a_bad_gateway(servers: ServerThread, project: Path) -> None:
    url = site_with(servers, project, f"http://127.0.0.1:{free_ports(1)[0]}")
    answer = requests.post(url + LOGS, data="{}", timeout=5)
    assert (answer.status_code, answer.text) == (502, "The service log-payload cannot be reached.\n")
    assert requests.get(url, timeout=5).status_code == 200


@pytest.mark.parametrize("reply", [b"", b"not HTTP at all\r\n\r\n"], ids=["nothing", "nonsense"])
def test_a_service_that_talks_nonsense_is_a_bad_gateway(
    servers: ServerThread, project: Path, raw_service: tuple[str, list[bytes]], reply: bytes
) -> None:
    service_url, replies = raw_service
    replies.append(reply)
    assert requests.post(site_with(servers, project, service_url) + LOGS, data="{}", timeout=5).status_code == 502


def test_a_service_that_closes_its_connection_after_an_answer_loses_no_request(
    servers: ServerThread, project: Path
) -> None:
    """As gunicorn does after two idle seconds: a POST that was sent just then would be answered by nobody."""

    def answer_once(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.recv(65536)

    with serving_bytes(answer_once) as service_url:
        url = site_with(servers, project, service_url) + LOGS
        assert [requests.post(url, data="{}", timeout=5).text for _ in range(3)] == ["ok", "ok", "ok"]


def test_an_answer_that_breaks_off_breaks_off_here_too(
    servers: ServerThread, project: Path, raw_service: tuple[str, list[bytes]]
) -> None:
    service_url, replies = raw_service
    replies.append(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(site_with(servers, project, service_url) + LOGS, timeout=5)


def test_a_service_that_takes_too_long_is_a_gateway_timeout(servers: ServerThread, project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = site_with(servers, project, f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.2)
        answer = requests.post(url + LOGS, data="{}", timeout=5)
    assert (answer.status_code, answer.text) == (504, "The service log-payload did not answer in time.\n")


def test_an_answer_that_comes_before_the_whole_body_is_not_lost(servers: ServerThread, project: Path) -> None:
    """As a function answers a body that is too large: it reads no further, and closes."""

    def refuse(connection: socket.socket) -> None:
        # Or the kernel keeps the second part back for a moment, and throws it away when the connection is closed.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.recv(1024)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\nConnection: keep-alive\r\n\r\n")
        connection.sendall(b"too large")

    with serving_bytes(refuse) as service_url:
        url = site_with(servers, project, service_url) + LOGS
        answers = [requests.post(url, data=b"x" * 5 * MEBIBYTE, timeout=20) for _ in range(20)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(413, "too large")}


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "made-up"])
@pytest.mark.parametrize("body", [gzip.compress(b"{}\n"), b"not encoded at all"], ids=["encoded", "not"])
def test_a_body_reaches_the_function_as_it_was_sent(site_url: str, encoding: str, body: bytes) -> None:
    answer = requests.post(site_url + LOGS, data=body, headers={"Content-Encoding": encoding}, timeout=5)
    assert answer.status_code == 200
    seen = answer.json()
    assert (seen["headers"]["Content-Encoding"], seen["body"]) == ([encoding], body.decode("latin-1"))


def test_a_large_body_reaches_the_function_whole(site_url: str) -> None:
    seen = requests.post(site_url + LOGS, data=b"x" * MEBIBYTE, timeout=20).json()
    assert len(seen["body"]) == MEBIBYTE


def test_a_body_of_unknown_length_reaches_the_function_whole(site_url: str) -> None:
    chunks = iter([b"first\n", b"second\n"])
    assert requests.post(site_url + LOGS, data=chunks, timeout=5).json()["body"] == "first\nsecond\n"


def test_a_body_over_the_limit_is_refused(site_url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(site_url).netloc, timeout=5)
    connection.putrequest("POST", LOGS)
    connection.putheader("Content-Length", str(33 * MEBIBYTE))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_body_that_grows_over_the_limit_is_refused(site_url: str) -> None:
    chunks = (b"x" * MEBIBYTE for _ in range(33))
    assert requests.post(site_url + LOGS, data=chunks, timeout=20).status_code == 413


def test_hop_by_hop_headers_stay_behind(site_url: str) -> None:
    headers = {"Connection": "keep-alive, X-Custom", "X-Custom": "hop", "TE": "trailers"}
    assert "X-Custom" not in requests.get(site_url + LOGS, headers=headers, timeout=5).json()["headers"]


def test_trace_is_refused(site_url: str) -> None:
    assert requests.request("TRACE", site_url, timeout=5).status_code == 405
