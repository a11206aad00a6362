"""The sideband: a second, server-side connection to a call, by WebSocket. OpenAIApi.attach opens one.

A module of its own, so that only watch_call loads a WebSocket client. Source: OpenAI's guide on server-side controls.
"""

import json
from collections.abc import Mapping
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from voicemint.errors import UpstreamUnavailable
from voicemint.http_client import tls

OPEN_SECONDS = 5
CLOSE_SECONDS = 2
MAX_EVENT_BYTES = 4 * 1024 * 1024

Event = dict[str, Any]


class SidebandRefused(Exception):
    """OpenAI answered with a status in place of a WebSocket; 404 where there is no such call (yet, or any more)."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.body = body
        self.headers = headers


class SidebandClosed(Exception):
    """OpenAI has closed the connection, or it broke."""


class Sideband:
    """Events of one call, both ways. For one thread."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    @classmethod
    def open(cls, url: str, api_key: str) -> "Sideband":
        """Raises SidebandRefused, or UpstreamUnavailable where nothing that can be understood was answered."""
        try:
            return cls(
                connect(
                    url,
                    additional_headers={"Authorization": f"Bearer {api_key}"},
                    ssl=tls() if url.startswith("wss:") else None,
                    compression=None,  # a zlib window a call is a third of a megabyte
                    open_timeout=OPEN_SECONDS,
                    close_timeout=CLOSE_SECONDS,
                    max_size=MAX_EVENT_BYTES,
                    proxy=None,
                )
            )
        except InvalidStatus as error:
            answer = error.response
            raise SidebandRefused(answer.status_code, answer.body or b"", answer.headers) from None
        except (WebSocketException, OSError):
            raise UpstreamUnavailable from None

    def receive(self, seconds: float) -> Event | None:
        """The next event, or None after `seconds` without one. Raises SidebandClosed."""
        try:
            message = self._socket.recv(timeout=max(seconds, 0))
        except TimeoutError:
            return None
        except ConnectionClosed:
            raise SidebandClosed from None
        try:
            event = json.loads(message)
        except (ValueError, RecursionError):
            return None
        return event if isinstance(event, dict) else None

    def send(self, event: Event) -> None:
        """Raises SidebandClosed."""
        try:
            self._socket.send(json.dumps(event))
        except ConnectionClosed:
            raise SidebandClosed from None

    def close(self) -> None:
        self._socket.close()
