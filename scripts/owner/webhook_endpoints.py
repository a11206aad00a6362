"""The project's webhook endpoints at OpenAI, through its API: https://api.openai.com/v1/webhook_endpoints.

A key restricted to the Realtime API, which we advise, may not use it: then ApiClosed, and the owner does the same in
OpenAI's console.
"""

from dataclasses import dataclass
from typing import Any

import requests
from common.console import CommandFailed
from voicemint.phone.sip_headers import EVENT_TYPE
from voicemint.secrets.openai_key import Secret

from .openai_key import meant_by, told

NAME = "Voicemint telephone"
TIMEOUT = (5, 40)  # OpenAI waits for the endpoint's answer to a test
MAX_PAGES = 20
CLOSED = (401, 403, 404)


class ApiClosed(Exception):
    """OpenAI does not let this key manage endpoints."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    endpoint_id: str
    event_types: tuple[str, ...]


class WebhookEndpoints:
    """Raises ApiClosed, CommandFailed or RequestException."""

    def __init__(self, base_url: str, key: Secret) -> None:
        self._url = f"{base_url}/webhook_endpoints"
        self._headers = {"Authorization": f"Bearer {key.reveal()}"}

    def at(self, url: str) -> list[Endpoint]:
        """Those that lead to `url`."""
        found: list[Endpoint] = []
        after: str | None = None
        for _ in range(MAX_PAGES):
            page = self._ask("GET", "", params={"limit": "100", **({"after": after} if after else {})})
            found += [_endpoint(item) for item in page["data"] if item.get("url") == url]
            if not page.get("has_more"):
                break
            after = page["data"][-1]["id"]
        return found

    def create(self, url: str) -> str:
        """The new endpoint's signing secret, which OpenAI shows once."""
        made = self._ask("POST", "", json={"name": NAME, "url": url, "event_types": [EVENT_TYPE]})
        return str(made["signing_secret"])

    def exchange(self, endpoint: Endpoint) -> str:
        """A new signing secret; for a day, what OpenAI sends is signed with the old one too."""
        asked = {"keep_old_secret_active_for_24_hours": True}
        return str(self._ask("POST", f"/{endpoint.endpoint_id}/rotate_secret", json=asked)["signing_secret"])

    def subscribe(self, endpoint: Endpoint) -> None:
        """Have it told of phone calls too."""
        event_types = [*endpoint.event_types, EVENT_TYPE]
        self._ask("POST", f"/{endpoint.endpoint_id}", json={"event_types": event_types})

    def try_out(self, endpoint: Endpoint) -> int:
        """The status with which the endpoint answers OpenAI's sample of a phone call."""
        return int(self._ask("POST", f"/{endpoint.endpoint_id}/test", json={"event_type": EVENT_TYPE})["status_code"])

    def delete(self, endpoint: Endpoint) -> None:
        self._ask("DELETE", f"/{endpoint.endpoint_id}")

    def _ask(self, method: str, path: str, **asked: Any) -> dict[str, Any]:
        answer = requests.request(
            method, self._url + path, headers=self._headers, timeout=TIMEOUT, allow_redirects=False, **asked
        )
        if answer.status_code in CLOSED:
            raise ApiClosed
        try:
            value = answer.json() if answer.ok else None
        except requests.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            raise CommandFailed(
                happened=f"OpenAI did not answer about webhook endpoints: status {told(answer)}",
                todo=f"Nothing that was stored has changed. {meant_by(answer).message}",
            )
        return value


def _endpoint(item: dict[str, Any]) -> Endpoint:
    return Endpoint(str(item["id"]), tuple(item.get("event_types", ())))
