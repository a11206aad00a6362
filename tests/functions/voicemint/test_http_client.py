import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from bench.google_cloud import loopback_certificate
from voicemint import http_client
from voicemint.http_client import MAX_ANSWER_BYTES, AnswerTooLarge, HttpClient, HttpError, HttpTimeout

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Request-Id: r1\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"

Serve = Callable[[socket.socket], None]


@contextmanager
def server(serve: Serve) -> Iterator[tuple[str, list[socket.socket]]]:
    """A TCP server that leaves each connection to `serve`; yields its URL and the connections it took."""
    taken: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            taken.append(connection)
            threading.Thread(target=serve_until_closed, args=(connection,), daemon=True).start()

    def serve_until_closed(connection: socket.socket) -> None:
        with suppress(OSError):
            serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1", taken
        listening.shutdown(socket.SHUT_RDWR)
    for connection in taken:
        connection.close()
    thread.join(5)


def answering(*answers: bytes, close: bool = False) -> Serve:
    """Answer one request after the other, then close or wait."""

    def serve(connection: socket.socket) -> None:
        for answer in answers:
            if not connection.recv(65536):
                return
            connection.sendall(answer)
        if close:
            connection.close()

    return serve


def client_of(url: str) -> HttpClient:
    return HttpClient(url, connect_seconds=2, read_seconds=2)


def get(client: HttpClient, seconds: float = 5) -> bytes:
    return client.request("GET", "/x", headers={}, deadline=time.monotonic() + seconds).body


@pytest.mark.parametrize("answer", [OK, CHUNKED], ids=["length", "chunked"])
def test_gives_the_whole_answer_and_keeps_the_connection(answer: bytes) -> None:
    with server(answering(answer, answer, answer)) as (url, taken):
        client = client_of(url)
        assert [get(client) for _ in range(3)] == [b"ok"] * 3
        assert len(taken) == 1


def test_a_connection_that_was_opened_ahead_is_the_next_requests() -> None:
    with server(answering(OK, OK)) as (url, taken):
        client = client_of(url)
        client.connect_ahead()
        client.connect_ahead()  # there is one
        assert [get(client) for _ in range(2)] == [b"ok"] * 2
        assert len(taken) == 1


def test_what_cannot_be_connected_to_ahead_is_told_as_for_a_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    with pytest.raises(HttpError):
        client_of(url).connect_ahead()


def test_sends_method_path_headers_and_body() -> None:
    received: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        while b"\r\n\r\n{}" not in b"".join(received):
            received.append(connection.recv(65536))
        connection.sendall(OK)

    with server(serve) as (url, _):
        answer = client_of(url).request("POST", "/calls", headers={"Authorization": "Bearer x"}, body=b"{}")
    assert answer.status == 200
    assert answer.header("x-request-id") == "r1"
    assert answer.header("absent") == ""
    request = b"".join(received)
    assert request.startswith(b"POST /v1/calls HTTP/1.1\r\n")
    assert b"Authorization: Bearer x\r\n" in request


def test_a_connection_that_the_other_side_closed_is_not_used_again() -> None:
    with server(answering(OK, close=True)) as (url, taken):
        client = client_of(url)
        assert get(client) == b"ok"
        taken[0].close()
        assert get(client) == b"ok"
        assert len(taken) == 2


def test_requests_at_the_same_time_have_a_connection_each_and_both_are_kept() -> None:
    together = threading.Barrier(2)

    def serve(connection: socket.socket) -> None:
        while connection.recv(65536):
            together.wait(5)
            connection.sendall(OK)

    with server(serve) as (url, taken), ThreadPoolExecutor(2) as threads:
        client = client_of(url)
        for _ in range(3):
            assert list(threads.map(lambda _: get(client), range(2))) == [b"ok", b"ok"]
        assert len(taken) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok", HttpError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok", HttpError),
        (b"not http\r\n\r\n", HttpError),
        (b"", HttpError),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_ANSWER_BYTES + 1), AnswerTooLarge),
    ],
    ids=["short", "short chunk", "not http", "nothing", "large"],
)
def test_an_answer_that_is_not_whole_is_an_error(answer: bytes, error: type[HttpError]) -> None:
    with server(answering(answer, close=True)) as (url, _), pytest.raises(error):
        get(client_of(url))


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with server(answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")) as (
        url,
        _,
    ):
        assert client_of(url).request("GET", "/x", headers={}).status == 302


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=repr)
def test_an_answer_that_drips_ends_with_the_deadline(begun: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(begun)
        while not threading.Event().wait(0.02):
            connection.sendall(b" ")

    with server(drip) as (url, _), pytest.raises(HttpTimeout):
        get(client_of(url), seconds=0.2)


def test_silence_ends_with_the_deadline() -> None:
    with server(answering()) as (url, _), pytest.raises(HttpTimeout):
        get(client_of(url), seconds=0.1)


def test_nothing_is_asked_after_the_deadline() -> None:
    with server(answering(OK)) as (url, taken):
        with pytest.raises(HttpTimeout):
            get(client_of(url), seconds=-1)
        assert taken == []


def test_a_connection_that_is_refused_is_an_error_and_no_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(HttpError) as caught:
        get(client_of(f"http://127.0.0.1:{port}"))
    assert not isinstance(caught.value, HttpTimeout)


def test_a_failed_request_leaves_a_client_that_works() -> None:
    answers = iter([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok", OK])

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(next(answers))
        connection.shutdown(socket.SHUT_WR)

    with server(serve) as (url, _):
        client = client_of(url)
        with pytest.raises(HttpError):
            get(client)
        assert get(client) == b"ok"


@pytest.fixture
def tls_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[socket.socket]]]:
    """An https server whose certificate this process trusts, and the connections it took."""
    key, certificate = loopback_certificate()
    pem = tmp_path / "certificate.pem"
    pem.write_bytes(certificate + key)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    http_client.tls.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            answering(OK, CHUNKED, OK)(secured)

    with server(serve) as (url, taken):
        yield url.replace("http:", "https:"), taken
    http_client.tls.cache_clear()


def test_speaks_tls_and_keeps_the_connection(tls_server: tuple[str, list[socket.socket]]) -> None:
    url, taken = tls_server
    client = client_of(url)
    assert [get(client) for _ in range(3)] == [b"ok"] * 3
    assert len(taken) == 1


def test_does_not_speak_to_a_server_that_nobody_vouches_for(
    tls_server: tuple[str, list[socket.socket]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    http_client.tls.cache_clear()
    with pytest.raises(HttpError):
        get(client_of(tls_server[0]))
