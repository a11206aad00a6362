"""Cloud Tasks over its REST API: a signed task for watch_call, now or at a time, once per name.

A task comes back with a token of `task_account` that Google signs, through IAM. Its body is signed by us as well: who
may invoke watch_call cannot make up a call, and Cloud Run may hand the token on without its signature.
Source: https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks/create.
"""

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from voicemint.calls.call import KnownCall
from voicemint.cloud_logging import logger
from voicemint.errors import DeadlineUnavailable, GoogleUnavailable, SettingsError
from voicemint.google.rest import CONNECT_SECONDS, READ_SECONDS, AccessToken, ask
from voicemint.http_client import HttpClient, HttpError
from voicemint.secrets.signing import SigningKeys
from voicemint.settings import Settings

TASK_PURPOSE = "task"
DISPATCH_DEADLINE_SECONDS = 1800  # the longest there is for HTTP
END, WATCH = "end", "watch"


@dataclass(frozen=True, slots=True)
class Task:
    """What watch_call is asked: to `end` the call, or to `watch` it; `part` counts the watches of a call.

    `place` is the call's among its person's (limits/calls_at_once.py), "" where it has none. `monthly_minutes` is
    the limit of who let the call begin, None where they told none.
    """

    do: str
    call: KnownCall
    part: int = 0
    place: str = ""
    monthly_minutes: int | None = None

    @property
    def task_id(self) -> str:
        """One task of a kind and part for a call: a second one of this name is refused by Cloud Tasks."""
        return f"{self.call.call_id}-{self.do}-{self.part}"

    def signed(self, keys: SigningKeys) -> str:
        terms = {"place": self.place, "monthly_minutes": self.monthly_minutes}
        return keys.sign(TASK_PURPOSE, {"do": self.do, "part": self.part, "call": self.call.as_json(), **terms})


def read_task(keys: SigningKeys, text: object) -> Task | None:
    """The task that we signed, or None. One of an earlier release says less."""
    payload = keys.verify(TASK_PURPOSE, text) if isinstance(text, str) else None
    if payload is None:
        return None
    call, place = KnownCall.from_json(payload["call"]), payload.get("place", "")
    return Task(payload["do"], call, payload["part"], place, payload.get("monthly_minutes"))


class TaskQueue:
    """The queue of calls. Safe to share between threads."""

    def __init__(self, settings: Settings, keys: Callable[[], SigningKeys]) -> None:
        if not settings.project_id:
            raise SettingsError("PROJECT_ID is not set: the project whose queue ends calls.")
        self._queue = f"projects/{settings.project_id}/locations/{settings.region}/queues/{settings.calls_queue}"
        self._url = settings.watch_call_url
        self._account = settings.task_account
        self._keys = keys
        self._tasks = HttpClient(settings.cloud_tasks_url, connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS)
        self._access_token = AccessToken(settings.metadata_host)

    def get_ready(self) -> None:
        """Fetch the token and open the connection that the next `create` needs; what fails here fails there again."""
        with suppress(HttpError, GoogleUnavailable):
            self._access_token.current()
            self._tasks.connect_ahead()

    def create(self, task: Task, at: int | None = None) -> None:
        """Have `task` sent to watch_call, now or at `at` (epoch seconds). One that is there already is success.

        Raises DeadlineUnavailable.
        """
        body = json.dumps({"task": self._resource(task, at)}).encode()
        try:
            headers = {"Authorization": f"Bearer {self._access_token.current()}", "Content-Type": "application/json"}
            answer = ask(self._tasks, "POST", f"/v2/{quote(self._queue)}/tasks", headers, body)
        except (HttpError, GoogleUnavailable) as error:
            logger.error("Cloud Tasks does not answer", exc_info=error)
            raise DeadlineUnavailable from None
        if answer.status not in (200, 409):
            logger.error("Cloud Tasks refused", extra={"fields": {"tasks_status": answer.status}})
            raise DeadlineUnavailable

    def _resource(self, task: Task, at: int | None) -> dict[str, Any]:
        schedule = {} if at is None else {"scheduleTime": datetime.fromtimestamp(at, UTC).isoformat()}
        body = json.dumps({"task": task.signed(self._keys())}).encode()
        return {
            "name": f"{self._queue}/tasks/{task.task_id}",
            "dispatchDeadline": f"{DISPATCH_DEADLINE_SECONDS}s",
            **schedule,
            "httpRequest": {
                "url": self._url,
                "httpMethod": "POST",
                "headers": {"Content-Type": "application/json"},
                "body": base64.b64encode(body).decode(),
                "oidcToken": {"serviceAccountEmail": self._account, "audience": self._url},
            },
        }
