"""Outbound HTTP: keep-alive connections, bounded in time and size.

http.client and not a library on top of it. Measured 2026-11-21 on the mint, one core, 80 concurrent: urllib3 takes
0.17 ms of CPU a request where this takes 0.06, and its import is half of what the mint's own modules cost at a cold
start. No redirects, no retries, no proxies, no cookies: who asks decides what to repeat.
"""

import functools
import io
import select
import socket
import ssl
import time
import weakref
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_ANSWER_BYTES = 256 * 1024


class HttpError(Exception):
    """No whole answer: refused, reset, truncated, not HTTP. `nothing_sent` where there was no connection even."""

    nothing_sent = False


class HttpTimeout(HttpError):
    """No whole answer in time."""


class AnswerTooLarge(HttpError):
    """More than MAX_ANSWER_BYTES."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole answer, whatever its status. Header names are looked up without regard to case."""

    status: int
    body: bytes
    _headers: HTTPResponse

    def header(self, name: str) -> str:
        return self._headers.getheader(name) or ""


class HttpClient:
    """Requests to one base URL. Safe to share between threads."""

    def __init__(self, base_url: str, *, connect_seconds: float, read_seconds: float) -> None:
        parts = urlsplit(base_url)
        self._host, self._port, self._prefix = parts.hostname or "", parts.port, parts.path
        self._is_https = parts.scheme == "https"
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._idle: list[HTTPConnection] = []  # taken and put back at the end; both are atomic
        weakref.finalize(self, _close_all, self._idle)

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str],
        body: bytes | None = None,
        deadline: float | None = None,
    ) -> HttpAnswer:
        """Raises HttpError. `deadline` (of time.monotonic) bounds the whole exchange, however slowly it drips."""
        deadline = deadline or time.monotonic() + self._connect_seconds + self._read_seconds
        connection = None
        try:
            connection = self._idle_connection() or self._connect(deadline)
            _timed(connection).deadline = deadline
            connection.request(method, self._prefix + path, body=body, headers=headers)
            response = connection.getresponse()
            answer = HttpAnswer(response.status, _read(response), response)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, OSError | HTTPException):
                failure = HttpTimeout() if isinstance(error, TimeoutError) else HttpError()
                failure.nothing_sent = connection is None
                raise failure from error
            raise
        if connection.sock is not None:  # else the answer said that it is the connection's last
            self._idle.append(connection)
        return answer

    def connect_ahead(self) -> None:
        """Open a connection for the next request, unless there is an idle one. Raises HttpError."""
        try:
            connection = self._idle_connection() or self._connect(time.monotonic() + self._connect_seconds)
        except OSError as error:
            raise HttpError from error
        self._idle.append(connection)

    def _idle_connection(self) -> HTTPConnection | None:
        """The one that was used last, unless the other side has closed it since."""
        while self._idle:
            with suppress(IndexError):  # another thread was faster
                connection = self._idle.pop()
                if not _is_readable(_timed(connection)):
                    return connection
                connection.close()
        return None

    def _connect(self, deadline: float) -> HTTPConnection:
        timeout = _seconds_left(deadline, self._connect_seconds)
        if self._is_https:
            connection: HTTPConnection = HTTPSConnection(self._host, self._port, timeout=timeout, context=tls())
        else:
            connection = HTTPConnection(self._host, self._port, timeout=timeout)
        connection.connect()
        connection.sock = _TimedSocket(connection.sock, self._read_seconds)
        return connection


class _TimedSocket:
    """The part of a socket that http.client uses; each send and receive ends with `deadline`.

    A socket's own timeout is for one receive: an answer that drips, its headers too, would begin it anew each time.
    """

    def __init__(self, sock: socket.socket, at_most_seconds: float) -> None:
        self._sock = sock
        self._at_most_seconds = at_most_seconds
        self.deadline = 0.0
        self.fileno = sock.fileno
        self.close = sock.close

    def hurry(self) -> None:
        """Let the next operation end with the deadline. Raises TimeoutError after it."""
        self._sock.settimeout(_seconds_left(self.deadline, self._at_most_seconds))

    def sendall(self, data: bytes) -> None:
        self.hurry()
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self, self._sock.makefile("rb", buffering=0)))


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: _TimedSocket, raw: socket.SocketIO) -> None:
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        self._sock.hurry()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _timed(connection: HTTPConnection) -> _TimedSocket:
    return cast(_TimedSocket, connection.sock)


def _close_all(connections: list[HTTPConnection]) -> None:
    for connection in connections:
        connection.close()


@functools.cache
def tls() -> ssl.SSLContext:
    """Loading the certificate authorities takes milliseconds: once a process, when it is first needed."""
    return ssl.create_default_context()


def _is_readable(sock: _TimedSocket) -> bool:
    """Before a request there is nothing to read but the connection's end, or noise: either way it is of no use."""
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _seconds_left(deadline: float, at_most: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, at_most)


def _read(response: HTTPResponse) -> bytes:
    body = b""
    while response.length != 0 and (part := response.read1(MAX_ANSWER_BYTES)):
        body += part
        if len(body) > MAX_ANSWER_BYTES:
            raise AnswerTooLarge
    if response.length:
        raise HttpError("the answer ended early")
    response.close()
    return body
