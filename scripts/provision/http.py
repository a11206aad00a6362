"""The few requests to Google that gcloud has no command for, signed in as gcloud is."""

import json
from dataclasses import dataclass
from typing import Any

import requests

from .gcloud import Gcloud, GcloudFailed
from .retry import Backoff

TIMEOUT = (10, 60)
POLLS = 100


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    body: Any


def request(gcloud: Gcloud, method: str, url: str, body: Any = None) -> Answered:
    """Any answer that is JSON, refusals among them. Raises GcloudFailed where there is none."""
    token = gcloud.text("auth", "print-access-token").strip()
    headers = {"Authorization": f"Bearer {token}", "X-Goog-User-Project": gcloud.project_id}
    try:
        answer = requests.request(method, url, json=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
        return Answered(answer.status_code, answer.json())
    except (requests.RequestException, ValueError) as error:
        raise GcloudFailed(f"{method} {url}", f"ERROR: UNAVAILABLE: {type(error).__name__}") from None


def ask(gcloud: Gcloud, method: str, url: str, body: Any = None) -> Any:
    """The JSON of an answer that is no refusal. Raises GcloudFailed with Google's own words."""
    answered = request(gcloud, method, url, body)
    if answered.status >= 400:
        text = f"ERROR: HTTPError {answered.status}: {json.dumps(answered.body)}"
        raise GcloudFailed(f"{method} {url}", text)
    return answered.body


def wait_for(gcloud: Gcloud, operation: Any, url: str, backoff: Backoff) -> None:
    """Ask until a long-running operation is done; anything else is done already. Raises GcloudFailed."""
    origin = "/".join(url.split("/")[:4])
    for _ in range(POLLS):
        if not str(operation.get("name", "")).startswith("operations/") or operation.get("done"):
            break
        backoff.sleep(backoff.first_seconds)
        operation = ask(gcloud, "GET", f"{origin}/{operation['name']}")
    else:
        raise GcloudFailed(url, f"ERROR: no end after {POLLS} polls")
    if error := operation.get("error"):
        raise GcloudFailed(url, f"ERROR: {json.dumps(error)}")
