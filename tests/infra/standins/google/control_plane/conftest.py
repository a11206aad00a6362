"""How these tests speak to the local Google without a program in between."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from standins.serving import ServerThread

from .....google import Google, running_google

JSON = {"Content-Type": "application/json"}


class Caller:
    """Speaks HTTPS through the proxy, as any client does."""

    def __init__(self, google: Google) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.proxies = {"https": google.environment["HTTPS_PROXY"]}
        self._session.verify = google.environment["REQUESTS_CA_BUNDLE"]

    def counting_as(self, project: str) -> "Caller":
        """From now on, requests count as that project's."""
        self._session.headers["X-Goog-User-Project"] = project
        return self

    def __call__(self, method: str, address: str, body: Any = None, **query: str) -> tuple[int, Any]:
        """`address`: host and path. `body`: a JSON value, or bytes as they are. Answers: status and JSON value."""
        sent: dict[str, Any] = {"data": body, "headers": JSON} if isinstance(body, bytes) else {"json": body}
        answer = self._session.request(method, f"https://{address}", params=query, timeout=20, **sent)
        return answer.status_code, answer.json() if answer.content else None

    def close(self) -> None:
        self._session.close()


@pytest.fixture
def call(google: Google) -> Iterator[Caller]:
    caller = Caller(google)
    yield caller
    caller.close()


@pytest.fixture
def strange_google(servers: ServerThread, tmp_path: Path) -> Iterator[Google]:
    """A Google of which a test asks what is not there: nothing is checked at the end."""
    with running_google(servers, tmp_path / "google") as running:
        yield running
