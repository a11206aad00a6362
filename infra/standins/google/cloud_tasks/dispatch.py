"""One attempt: the HTTP request that Cloud Tasks sends to a worker, with its headers and its token.

https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler
"""

from datetime import UTC, datetime

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from standins.google.cloud_tasks.queue import QueuedTask
from standins.google.identity import IdentityTokens
from standins.guard import leads_to_this_machine

USER_AGENT = "Google-Cloud-Tasks"
MAX_ANSWER_BYTES = 64 * 1024


class Dispatcher:
    """Sends tasks; keeps one session for all queues."""

    def __init__(self, identity: IdentityTokens) -> None:
        self._identity = identity
        self._session: ClientSession | None = None

    async def send(self, task: QueuedTask) -> float:
        http, attempts = task.asked.httpRequest, task.attempts
        headers = {**http.sent_headers(), **self._own_headers(task)}
        attempts.dispatched += 1
        attempts.last_at = datetime.now(UTC)
        attempts.first_at = attempts.first_at or attempts.last_at
        timeout = ClientTimeout(total=task.asked.dispatchDeadline.total_seconds())
        try:
            _check_target(http.url)
            async with self._client().request(
                http.httpMethod,
                http.url,
                data=http.body or None,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as answer:
                await answer.content.read(MAX_ANSWER_BYTES)
                attempts.answered += 1
                attempts.status, attempts.reason = answer.status, str(answer.reason)
                return float(answer.headers.get("Retry-After", "0") or 0)
        except TimeoutError:
            attempts.status, attempts.reason = 0, "DEADLINE_EXCEEDED"
        except ClientError:
            attempts.status, attempts.reason = 0, "UNAVAILABLE"
        return 0.0

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    def _client(self) -> ClientSession:
        self._session = self._session or ClientSession(connector=TCPConnector(force_close=True))
        return self._session

    def _own_headers(self, task: QueuedTask) -> dict[str, str]:
        attempts, token = task.attempts, task.asked.httpRequest.oidcToken
        headers = {
            "User-Agent": USER_AGENT,
            "X-CloudTasks-QueueName": task.name.split("/")[5],
            "X-CloudTasks-TaskName": task.task_id,
            "X-CloudTasks-TaskRetryCount": str(attempts.dispatched),
            "X-CloudTasks-TaskExecutionCount": str(attempts.answered),
            "X-CloudTasks-TaskETA": f"{task.schedule_time.timestamp():.6f}",
        }
        if attempts.status:
            headers["X-CloudTasks-TaskPreviousResponse"] = str(attempts.status)
        if attempts.reason:
            headers["X-CloudTasks-TaskRetryReason"] = attempts.reason
        if token:
            audience = token.audience or task.asked.httpRequest.url
            headers["Authorization"] = f"Bearer {self._identity.token(token.serviceAccountEmail, audience)}"
        return headers


def _check_target(url: str) -> None:
    """Raises ClientError for another machine: otherwise a task could send a request to any host of this network."""
    if not leads_to_this_machine(url):
        raise ClientError
