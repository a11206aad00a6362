"""The other side of every peer: OpenAI's client_secrets and calls, answered after a fixed delay.

    python -m bench.upstream PORT        http://127.0.0.1:PORT/<milliseconds>/v1/realtime/client_secrets
                                         http://127.0.0.1:PORT/<milliseconds>/v1/realtime/calls
                                         http://127.0.0.1:PORT/<milliseconds>/v2/…/tasks  Cloud Tasks' tasks.create

A bare asyncio protocol on purpose: it shares two cores with what is measured, and spends about 0.03 ms of CPU on a
request, a third of what an HTTP library of Python or Node spends.
"""

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import Callable, Mapping

ROUTE = re.compile(rb"POST /(\d{1,5})/(?:v1/realtime/(client_secrets|calls)|v2/\S+/(tasks)) HTTP/1\.1\r\n")
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d{1,7})\r\n", re.IGNORECASE)
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
ANSWER_LIFETIME_SECONDS = 3600
EPOLL_ROUNDS_UP_SECONDS = 0.001


def client_secret(now: float) -> bytes:
    """An answer of the size and shape the API documents for POST /v1/realtime/client_secrets."""
    pcm = {"type": "audio/pcm", "rate": 24000}
    audio_input = {
        "format": pcm,
        "transcription": None,
        "noise_reduction": None,
        "turn_detection": {"type": "server_vad"},
    }
    session = {
        "type": "realtime",
        "object": "realtime.session",
        "id": "sess_0123456789abcdef",
        "model": "gpt-realtime-2.1",
        "output_modalities": ["audio"],
        "instructions": "Speak English. One or two sentences per turn.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "include": None,
        "expires_at": 0,
        "audio": {"input": audio_input, "output": {"format": pcm, "voice": "marin", "speed": 1.0}},
    }
    value = "ek_0123456789abcdef0123456789abcdef"
    secret = {"value": value, "expires_at": int(now) + ANSWER_LIFETIME_SECONDS, "session": session}
    return json.dumps(secret).encode()


def call() -> bytes:
    """A call of its own, with an SDP answer of about the size of OpenAI's."""
    sdp = (
        b"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" + b"a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n" * 25
    )
    head = f"HTTP/1.1 201 Created\r\nContent-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n"
    return head.encode() + f"Location: /v1/realtime/calls/rtc_{os.urandom(12).hex()}\r\n\r\n".encode() + sdp


def http_answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"x-request-id: req_bench\r\n\r\n" + body


class Connection(asyncio.Protocol):
    """One keep-alive connection: cuts requests out of the stream and answers each after the delay in its path."""

    def __init__(self, answers: Mapping[bytes, Callable[[], bytes]]) -> None:
        self._answers = answers
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_server always passes
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[: end + 2]
            length = CONTENT_LENGTH.search(head)
            end += 4 + (int(length[1]) if length else 0)
            if len(self._received) < end:
                return
            self._received = self._received[end:]
            self._answer_later(head)

    def _answer_later(self, head: bytes) -> None:
        route = ROUTE.match(head)
        if not route:
            self._transport.write(NOT_FOUND)
            return
        delay_seconds = int(route[1]) / 1000 - EPOLL_ROUNDS_UP_SECONDS
        answer = self._answers[route[2] or route[3]]()
        asyncio.get_running_loop().call_later(max(0, delay_seconds), self._transport.write, answer)


async def serve(port: int) -> None:
    secret, created = http_answer(client_secret(time.time())), http_answer(b"{}")
    answers = {b"client_secrets": lambda: secret, b"calls": call, b"tasks": lambda: created}
    server = await asyncio.get_running_loop().create_server(lambda: Connection(answers), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
