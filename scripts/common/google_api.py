"""The few requests to Google that gcloud has no command for, signed in as gcloud is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from common.gcloud import Gcloud, GcloudFailed
from common.retry import Backoff

TIMEOUT = (10, 60)
MAX_REFUSAL_CHARACTERS = 4000
# These are asked before the project's APIs are on, so a request to them must not count against the project's quota.
WITHOUT_QUOTA_PROJECT = tuple(
    f"https://{api}.googleapis.com/" for api in ("cloudresourcemanager", "serviceusage", "cloudbilling")
)
POLLS = 100


class PolicyChange(Protocol):
    """A policy that is read, changed and written as a whole (provision/policies.py)."""

    @property
    def read(self) -> tuple[str, str, Any]: ...

    @property
    def write(self) -> tuple[str, str]: ...

    @property
    def line(self) -> str: ...

    def body(self, policy: Mapping[str, Any]) -> Mapping[str, Any]: ...


def headers_of(url: str, project_id: str, token: str) -> dict[str, str]:
    """Signed in, and counted against the project's quota wherever its API has to be on anyway."""
    quota = {} if url.startswith(WITHOUT_QUOTA_PROJECT) else {"X-Goog-User-Project": project_id}
    return {"Authorization": f"Bearer {token}", **quota}


def refusal_text(status: int, body: Any) -> str:
    """As gcloud writes a refusal: Google's sentence, and then all that Google said, for failures.py to look up."""
    error = body.get("error", {}) if isinstance(body, dict) else {}
    sentence = error.get("message", "") if isinstance(error, dict) else ""
    return f"ERROR: HTTPError {status}: {sentence}\n{json.dumps(body)[:MAX_REFUSAL_CHARACTERS]}"


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Signed:
    """With gcloud's own token."""

    project_id: str
    token: str = field(repr=False)

    @classmethod
    def by(cls, gcloud: Gcloud) -> "Signed":
        """Raises GcloudFailed."""
        return cls(gcloud.project_id, gcloud.text("auth", "print-access-token").strip())

    def request(self, method: str, url: str, body: Any = None) -> Answered:
        """Any answer that is JSON, refusals among them. Raises GcloudFailed where there is none."""
        headers = headers_of(url, self.project_id, self.token)
        try:
            answer = requests.request(method, url, json=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
            return Answered(answer.status_code, answer.json())
        except (requests.RequestException, ValueError) as error:
            raise GcloudFailed(f"{method} {url}", f"ERROR: UNAVAILABLE: {type(error).__name__}") from None

    def ask(self, method: str, url: str, body: Any = None) -> Any:
        """The JSON of an answer that is no refusal. Raises GcloudFailed with Google's own words."""
        answered = self.request(method, url, body)
        if answered.status >= 400:
            raise GcloudFailed(f"{method} {url}", refusal_text(answered.status, answered.body))
        return answered.body

    def change_policy(self, change: PolicyChange) -> None:
        """Read it, change it and write it, with the etag that was read. Raises GcloudFailed."""
        self.ask(*change.write, change.body(self.ask(*change.read)))

    def change(self, method: str, url: str, body: Any, backoff: Backoff) -> None:
        """Ask for a change and wait until it is made. Raises GcloudFailed."""
        origin = "/".join(url.split("/")[:4])
        answer = self.ask(method, url, body)
        for _ in range(POLLS):
            if not str(answer.get("name", "")).startswith("operations/") or answer.get("done"):
                break
            backoff.sleep(backoff.first_seconds)
            answer = self.ask("GET", f"{origin}/{answer['name']}")
        else:
            raise GcloudFailed(f"{method} {url}", f"ERROR: no end after {POLLS} polls")
        if error := answer.get("error"):
            raise GcloudFailed(f"{method} {url}", f"ERROR: {json.dumps(error)}")
