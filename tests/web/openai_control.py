"""What a test asks of the OpenAI stand-in, over its control routes."""

from typing import Any

import requests
from standins.local.site import STANDIN_API_KEY, Site

TIMEOUT_SECONDS = 10


class OpenAIControl:
    def __init__(self, url: str, authorization: dict[str, str]) -> None:
        self._url = url
        self._authorization = authorization
        self._earlier = self._connected()  # a browser that was closed is only missed after half a minute

    @classmethod
    def of(cls, site: Site) -> "OpenAIControl":
        assert site.openai_url is not None
        return cls(site.openai_url, site.authorization)

    def script(self, *turns: dict[str, Any]) -> None:
        self._ask("POST", "/_standin/script", {"turns": list(turns)})

    def fail(self, path: str, fault: str, **numbers: float) -> None:
        self._ask("POST", "/_standin/faults", {"path": path, "fault": fault, **numbers})

    def spoil(self, event: str, fault: str, **more: Any) -> None:
        """Have the next event of this type, of the page's or the service's, fail."""
        self._ask("POST", "/_standin/event-faults", {"event": event, "fault": fault, **more})

    def clear(self) -> None:
        for route in ("faults", "event-faults", "script", "requests"):
            self._ask("DELETE", f"/_standin/{route}")

    def live_calls(self) -> list[str]:
        """The ids of the calls that are connected, earlier tests' left out."""
        return [call for call in self._connected() if call not in self._earlier]

    def requested(self, path: str) -> int:
        listed = self._ask("GET", "/_standin/requests").json()["requests"]
        return sum(request["path"].endswith(path) for request in listed)

    def hang_up(self, call_id: str) -> None:
        self._ask("POST", f"/v1/realtime/calls/{call_id}/hangup")

    def _connected(self) -> list[str]:
        calls = self._ask("GET", "/_standin/calls").json()["calls"]
        return [call["id"] for call in calls if call["state"] == "connected"]

    def _ask(self, method: str, path: str, body: object = None) -> requests.Response:
        key = {"Authorization": f"Bearer {STANDIN_API_KEY}"}
        headers = self._authorization if path.startswith("/_standin/") else key
        response = requests.request(method, self._url + path, json=body, headers=headers, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
        return response
