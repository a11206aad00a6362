"""Raw HTTP requests that no well-meaning client sends, and what a server answers to them."""

import random
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from standins.openai.webhooks import signature

ANSWER_SECONDS = 30.0
READ_BYTES = 65_536
STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3}) ")

UNKNOWN_CODING = "xchunked"  # which an HTTP server refuses by 501: RFC 9112, 6.1
NDJSON = "application/x-ndjson"
JSON = "application/json"


@dataclass(frozen=True)
class Secrets:
    """What must appear in no answer and no log; `cookie` is a valid one, so that requests get past the door."""

    cookie: str
    client_secret: str
    webhook_secret: str
    phrase: str


class Corpus:
    """An endless, reproducible supply for the function that answers `path`."""

    def __init__(self, seed: int, path: str, secrets: Secrets) -> None:
        self._path = path
        self._random = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self._secrets = secrets
        self._kinds: list[Callable[[], bytes]] = [
            self._odd_body,
            self._odd_body,
            self._half_body,
            self._wrong_length,
            self._odd_method,
            self._odd_path,
            self._header_flood,
            self._odd_header,
            self._chunked_garbage,
            self._no_http,
        ]

    def request(self) -> bytes:
        return self._random.choice(self._kinds)()

    def _odd_body(self) -> bytes:
        body = self._body()
        return self._head(length=len(body), signed=body) + body

    def _half_body(self) -> bytes:
        body = self._body()
        return self._head(length=len(body) + self._random.randrange(1, 5_000)) + body

    def _wrong_length(self) -> bytes:
        length = self._random.choice(
            ["-1", "+2", "abc", "0x10", "1e3", "", " ", "2, 2", "2\r\nContent-Length: 3", "9" * 30, "\u0662", "1_0"]
        )
        return self._head(length=length) + b"{}"

    def _odd_method(self) -> bytes:
        method = self._random.choice(
            ["TRACE", "CONNECT", "PROPFIND", "post", "PoST", "G\0T", "GE T", "", "X" * 5_000, "OPTIONS", "HEAD", "PUT",
             "PATCH", "DELETE", "GET", "PRI", "\xc9T\xc9", "__class__"]
        )  # fmt: skip
        return self._head(method=method, length=2) + b"{}"

    def _odd_path(self) -> bytes:
        path = self._random.choice(
            ["/../../etc/passwd", "/api/../api/logs", "/%2e%2e/%2e%2e/etc/passwd", "/api/logs/../../x", "//api/logs",
             "/api//logs", "/api/logs/", "/api/logs%00", "/api/logs;x=1", "\\..\\..", "/" + "a/" * 10_000, "*",
             "http://evil.example/api/logs", "http://[/api/logs", "", "api/logs", "/api/logs?" + "a=1&" * 5_000,
             "/%ff%fe", "/%", "/%zz", "/\xff", "/api/logs#x", "/favicon.ico", "/robots.txt", "/_ah/health"]
        )  # fmt: skip
        return self._head(path=path, length=2) + b"{}"

    def _header_flood(self) -> bytes:
        count, size = self._random.choice([(150, 10), (90, 8_000), (1, 100_000), (5_000, 1)])
        flood = "".join(f"X-Flood-{number}: {'a' * size}\r\n" for number in range(count))
        return self._head(length=2, more=flood) + b"{}"

    def _odd_header(self) -> bytes:
        line = self._random.choice(
            ["No colon here", ": no name", "Sp ace: 1", "X-Nul: a\0b", "X-Fold: a\r\n b", "X-Bytes: \xff\xfe",
             "\x01: 2",
             "Origin: http://[", "Origin: null", "Origin: \xff", "Host: evil.example", "Host:", "Host: [::1",
             "Sec-Fetch-Site: \xff", "Content-Encoding: gzip", "Content-Type: \xff", "Content-Type: ;;;=",
             "Content-Type: multipart/form-data; boundary=", "Cookie: " + ";" * 3_000, "Cookie: __session=\xff; a",
             'Cookie: __session="\\377\\000"', "Authorization: Bearer \xff", "X-Cloud-Trace-Context: " + "f" * 9_000,
             "X-Forwarded-Host: \xff", "X-Forwarded-Proto: gopher", "Expect: 100-continue", "Expect: 999",
             "Upgrade: websocket\r\nConnection: Upgrade", "Upgrade: h2c", "Voicemint-Batch: ../../x/1",
             "Voicemint-Batch: \u0661/1", "Range: bytes=0-0", "Content-Length: 2", "ce-id: 1\r\nce-type: a"]
        )  # fmt: skip
        return self._head(length=2, more=f"{line}\r\n") + b"{}"

    def _chunked_garbage(self) -> bytes:
        coding = self._random.choice(
            ["chunked", "chunked, chunked", "identity", "chunked\r\nContent-Length: 4", UNKNOWN_CODING]
        )
        body = self._random.choice(
            [b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}\r\n", b"2\r\n{}", b"-2\r\n{}\r\n0\r\n\r\n", b"ffffffffffffffff\r\n{}",
             b"2;ext=\xff\r\n{}\r\n0\r\n\r\n", b"2\n{}\n0\n\n", b"2\r\n{}XX0\r\n\r\n", b"0\r\nTrailer: \xff\r\n\r\n",
             b"0\r\nno trailer\r\n\r\n", b"", b"\r\n", b"2\r\n{}\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
             b"1\r\n[\r\n" * 3_000 + b"0\r\n\r\n", b"0x2\r\n{}\r\n0\r\n\r\n", b"2 \r\n{}\r\n0\r\n\r\n"]
        )  # fmt: skip
        return self._head(more=f"Transfer-Encoding: {coding}\r\n") + body

    def _no_http(self) -> bytes:
        return self._random.choice(
            [b"", b"\r\n\r\n", b"\0" * 500, self._random.randbytes(300),
             b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
             b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1", b"GET /\r\n\r\n",
             b"POST /api/logs HTTP/1.1\r\nHost: a\r\n", b"GET / HTTP/1.1\n\n", b"PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
             b"POST /api/logs HTTP/1.0\r\n\r\n"]
        )  # fmt: skip

    def _head(
        self,
        *,
        method: str = "POST",
        path: str | None = None,
        length: object = None,
        more: str = "",
        signed: bytes = b"{}",
    ) -> bytes:
        path = self._path if path is None else path
        own = {
            "Host": "localhost",
            "Content-Type": NDJSON if self._path == "/api/logs" else JSON,
            "Voicemint-Batch": "page_1/0",
            "Authorization": f"Bearer {self._random.choice([self._secrets.client_secret, 'x'])}",
            "Webhook-Secret": self._secrets.webhook_secret,
        }
        if self._random.random() < 0.8:
            own["Cookie"] = f"__session={self._secrets.cookie}"
        if self._path == "/api/phone" and self._random.random() < 0.8:
            own |= self._delivery(signed)
        if length is not None:
            own["Content-Length"] = str(length)
        lines = "".join(f"{name}: {value}\r\n" for name, value in own.items())
        return f"{method} {path} HTTP/1.1\r\n{lines}{more}\r\n".encode("utf-8", "replace")

    def _delivery(self, body: bytes) -> dict[str, str]:
        """Signed as OpenAI does, so that what is wrong with the body gets past the signature."""
        webhook_id, now = f"wh_{self._random.randrange(10**9)}", int(time.time())
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(self._secrets.webhook_secret, webhook_id, now, body),
        }

    def _body(self) -> bytes:
        planted = self._random.choice([self._secrets.client_secret, self._secrets.webhook_secret, self._secrets.phrase])
        said = b'{"at":"2026-11-21T10:00:00Z","event":{"said":"' + planted.encode() + b'"}}'
        return self._random.choice(
            [said, said[:-1], said + b"\xff", said + b"\n" + said[:20], said * 300, b"[" * 100_000, b'{"a":' * 60_000,
             b"[" * 4_000, b'{"agent":NaN}', b'{"voice":-Infinity}', b'{"agent":' + b"9" * 5_000 + b"}", b"1e999",
             b'{"agent":"\xff\xfe"}', b'{"agent":"\\ud800"}', b'{"invite":"' + planted.encode() + b'"}', b"{}",
             b'{"invite":"\\u0000"}', b'{"invite":{"a":1}}', b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"null",
             b"{'agent':1}", b'{"agent":"a","agent":1}', b"\0", b" " * 70_000, b"\n" * 5_000, b"{}\n" * 300,
             self._random.randbytes(200), said.replace(b'"', b"'", 1), b'{"' + planted.encode() + b'":1}']
        )  # fmt: skip


def answer_to(port: int, request: bytes) -> bytes:
    """What the server on `port` answers before it closes the connection; nothing where it resets it."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) as peer:
        try:
            peer.sendall(request)
            peer.shutdown(socket.SHUT_WR)
            while part := peer.recv(READ_BYTES):
                received += part
        except TimeoutError:
            raise
        except OSError:
            pass  # reset: it had seen enough
    return received


def statuses_of(answer: bytes) -> list[int]:
    return [int(status) for status in STATUS_LINE.findall(answer)]
