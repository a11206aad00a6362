"""The few requests to Google that gcloud has no command for, signed in as gcloud is."""

import json
from dataclasses import dataclass
from typing import Any

import requests

from .gcloud import Gcloud, GcloudFailed

TIMEOUT = (10, 60)


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
