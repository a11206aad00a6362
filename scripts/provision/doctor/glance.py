"""What a project is now, as bootstrap.sh reads it, but without patience: what is refused is noted and left out."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import requests

from ..desired import Desired
from ..reality import Json, Reader
from ..retry import Backoff
from .answers import Answer
from .asking import ONE_SECONDS, Asker

FIREBASE = "http"  # the group of the few requests that gcloud has no command for


class Glance(Reader):
    """`unread` holds the refusals by the group of the command: secrets, storage, run, …"""

    def __init__(self, asker: Asker, desired: Desired, token: str) -> None:
        super().__init__(asker.gcloud, desired, Backoff())
        self.unread: dict[str, Answer] = {}
        self._asker = asker
        self._token = token

    def _ask(self, *arguments: str) -> Any:
        return self._once(arguments, [])

    def _optional(self, *arguments: str) -> Any:
        return self._once(arguments, None)

    def _control_objects(self, buckets: Mapping[str, Json]) -> frozenset[str]:
        bucket = self._desired.names.control_bucket
        if bucket not in buckets:
            return frozenset()
        listing = ("storage", "ls", f"gs://{bucket}/")
        listed = self._noted("storage", self._asker.answer(partial(self._asker.text, listing)), "")
        return frozenset(line.removeprefix(f"gs://{bucket}/") for line in listed.split())

    def _request(self, url: str) -> Any:
        answer = self._asker.answer(lambda seconds: _get(url, self._token, self._gcloud.project_id, seconds))
        return self._noted(FIREBASE, answer, None)

    def _once(self, arguments: tuple[str, ...], default: Any) -> Any:
        answer = self._asker.answer(partial(self._asker.json, arguments), ONE_SECONDS)
        return self._noted(group_of(arguments), answer, default)

    def _noted(self, group: str, answer: Answer, default: Any) -> Any:
        if answer.ok:
            return answer.value
        self.unread[group] = answer
        return default


def group_of(command: tuple[str, ...]) -> str:
    """Of a gcloud command, with or without the name of the program in front."""
    words = [word for word in command if word not in ("gcloud", "alpha", "beta")]
    return words[0]


def _get(url: str, token: str, project_id: str, seconds: float) -> Any:
    """None for what is not there, which Firebase says in two ways. Raises RequestException."""
    headers = {"Authorization": f"Bearer {token}", "X-Goog-User-Project": project_id}
    answer = requests.get(url, headers=headers, timeout=seconds, allow_redirects=False)
    return answer.json() if answer.ok else None
