"""A queue: which tasks there are, which names were used lately, and when each is sent (again)."""

import asyncio
import base64
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Protocol

from standins.google.cloud_tasks.requests import Task as AskedTask
from standins.google.errors import GoogleError
from standins.values import Json

NAME_KEPT = timedelta(hours=1)  # after a task has ended, before its name can be used again
TASK_ID = re.compile(r"[A-Za-z0-9_-]{1,500}", re.ASCII)
ACCOUNT = "@{project}.iam.gserviceaccount.com"

_numbers = count(10**18)


@dataclass(frozen=True, kw_only=True)
class QueueConfig:
    """Times in seconds. `max_retry_duration` 0 and `max_attempts` -1 mean without limit; the defaults are Google's."""

    max_attempts: int = 100
    max_retry_duration: float = 0.0
    min_backoff: float = 0.1
    max_backoff: float = 3600.0
    max_doublings: int = 16
    max_concurrent_dispatches: int = 1000
    max_dispatches_per_second: float = 500.0

    @classmethod
    def from_flags(cls, flags: dict[str, Any]) -> "QueueConfig":
        """From the flags of `gcloud tasks queues create`; one that is not known here is refused."""
        values: dict[str, Any] = {
            name.removeprefix("--").replace("-", "_"): float(value.removesuffix("s")) if type(value) is str else value
            for name, value in flags.items()
        }
        return cls(**values)

    def backoff(self, failures: int) -> float:
        """Seconds before the next attempt: doubled `max_doublings` times, then longer by the last step each time."""
        doublings = min(failures - 1, self.max_doublings)
        step = self.min_backoff * 2.0**doublings
        return float(min(step * (1 + max(failures - 1 - self.max_doublings, 0)), self.max_backoff))

    def is_given_up(self, attempts: int, seconds: float) -> bool:
        """Both limits have to be reached."""
        if self.max_attempts == -1 and not self.max_retry_duration:
            return False
        return (self.max_attempts == -1 or attempts >= self.max_attempts) and seconds >= self.max_retry_duration


@dataclass
class Attempts:
    """What has become of a task so far; `status` is the HTTP status of the last answer, 0 without one."""

    dispatched: int = 0
    answered: int = 0
    status: int = 0
    reason: str = ""
    first_at: datetime | None = None
    last_at: datetime | None = None


class Sender(Protocol):
    async def send(self, task: "QueuedTask") -> float:
        """One attempt, noted in the task; returns the seconds that the worker asked to wait for."""
        ...


@dataclass
class QueuedTask:
    name: str
    asked: AskedTask
    schedule_time: datetime
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    attempts: Attempts = field(default_factory=Attempts)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def task_id(self) -> str:
        return self.name.rpartition("/")[2]

    def run_now(self) -> None:
        self.schedule_time = datetime.now(UTC)
        self.wake.set()

    def resource(self, view: str) -> Json:
        http, attempts = self.asked.httpRequest, self.attempts
        counts = {"dispatchCount": attempts.dispatched, "responseCount": attempts.answered}
        described: Json = {
            "name": self.name,
            "createTime": _text(self.created_at.replace(microsecond=0)),
            "scheduleTime": _text(self.schedule_time),
            "dispatchDeadline": f"{self.asked.dispatchDeadline.total_seconds():g}s",
            "httpRequest": {
                "url": http.url,
                "httpMethod": http.httpMethod,
                "headers": {"User-Agent": "Google-Cloud-Tasks", **http.sent_headers()},
                **({"body": base64.b64encode(http.body).decode()} if view == "FULL" and http.body else {}),
                **({"oidcToken": http.oidcToken.model_dump(exclude_defaults=True)} if http.oidcToken else {}),
            },
            **{name: value for name, value in counts.items() if value},
            "view": view,
        }
        if attempts.first_at and attempts.last_at:
            described["firstAttempt"] = {"dispatchTime": _text(attempts.first_at)}
            described["lastAttempt"] = {"dispatchTime": _text(attempts.last_at)}
        return described


class Queue:
    def __init__(self, name: str, config: QueueConfig, sender: Sender) -> None:
        self._name = name
        self._config = config
        self._sender = sender
        self._tasks: dict[str, QueuedTask] = {}
        self._used: dict[str, datetime] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(config.max_concurrent_dispatches)
        self._next_dispatch_at = 0.0

    def create(self, asked: AskedTask, project: str) -> QueuedTask:
        token = asked.httpRequest.oidcToken
        if token and not token.serviceAccountEmail.endswith(ACCOUNT.format(project=project)):
            raise GoogleError("INVALID_ARGUMENT", "The service account must be within the same project as the queue.")
        if asked.httpRequest.body and asked.httpRequest.httpMethod not in ("POST", "PUT", "PATCH"):
            raise GoogleError("INVALID_ARGUMENT", "HttpRequest.body is not allowed with this HttpRequest.http_method.")
        now = datetime.now(UTC)
        task = QueuedTask(self._new_name(asked.name, now), asked, max(asked.scheduleTime or now, now))
        self._tasks[task.task_id] = task
        self._running[task.task_id] = asyncio.create_task(self._run(task), name=task.task_id)
        return task

    def listed(self) -> list[QueuedTask]:
        return list(self._tasks.values())

    def get(self, task_id: str) -> QueuedTask:
        if task_id not in self._tasks:
            raise GoogleError("NOT_FOUND", "The task does not exist, though a task with this name may have.")
        return self._tasks[task_id]

    def delete(self, task_id: str) -> None:
        self.get(task_id)
        self._running[task_id].cancel()
        self._end(task_id)

    async def close(self) -> None:
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _new_name(self, name: str, now: datetime) -> str:
        if not name:
            return f"{self._name}/tasks/{next(_numbers)}"
        parent, _, task_id = name.rpartition("/tasks/")
        if parent != self._name or not TASK_ID.fullmatch(task_id):
            raise GoogleError("INVALID_ARGUMENT", f"Task name must be formatted: {self._name}/tasks/<task_id>")
        self._used = {used: until for used, until in self._used.items() if until > now}
        if task_id in self._tasks or task_id in self._used:
            raise GoogleError("ALREADY_EXISTS", "Requested entity already exists")
        return name

    async def _run(self, task: QueuedTask) -> None:
        """Send the task when it is time, until it succeeds or is given up."""
        await self._until(task)
        began = asyncio.get_running_loop().time()
        while True:
            wait = await self._attempt(task)
            if 200 <= task.attempts.status < 300:
                break
            if self._config.is_given_up(task.attempts.dispatched, asyncio.get_running_loop().time() - began):
                break
            delay = max(self._config.backoff(task.attempts.dispatched), wait)
            task.schedule_time = datetime.now(UTC) + timedelta(seconds=delay)
            await self._until(task)
        self._end(task.task_id)

    async def _attempt(self, task: QueuedTask) -> float:
        async with self._slots:
            loop = asyncio.get_running_loop()
            at = max(loop.time(), self._next_dispatch_at)
            self._next_dispatch_at = at + 1 / self._config.max_dispatches_per_second
            await asyncio.sleep(at - loop.time())
            return await self._sender.send(task)

    async def _until(self, task: QueuedTask) -> None:
        """Wait for the task's time, or for somebody to run it now."""
        while (seconds := (task.schedule_time - datetime.now(UTC)).total_seconds()) > 0:
            task.wake.clear()
            try:
                await asyncio.wait_for(task.wake.wait(), seconds)
            except TimeoutError:
                return

    def _end(self, task_id: str) -> None:
        self._tasks.pop(task_id, None)
        self._running.pop(task_id, None)
        self._used[task_id] = datetime.now(UTC) + NAME_KEPT


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
