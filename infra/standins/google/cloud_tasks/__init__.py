"""Cloud Tasks v2 over REST, as google-cloud-tasks (transport="rest") and the functions use it: tasks that are sent.

The queues are given at the start; control_plane is where gcloud creates some. Tasks live in memory.
Not there: App Engine targets, batches, buffers, pausing, IAM, a queue's own HTTP target.
https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks
"""

import asyncio
import json
from collections.abc import Mapping

from aiohttp import web
from pydantic import ValidationError

from standins.error_answer import error_answer
from standins.google.cloud_tasks.dispatch import Dispatcher
from standins.google.cloud_tasks.queue import Queue, QueueConfig
from standins.google.cloud_tasks.requests import MAX_TASK_BYTES, CreateTask
from standins.google.errors import GoogleError, errors_as_answers
from standins.google.faults import Faults
from standins.google.identity import CERTS_PATH, IdentityTokens
from standins.guard import GUARD, Guard

MAX_BODY_BYTES = 32 * 1024 * 1024
QUEUE = "/v2/projects/{project:[a-z0-9-]+}/locations/{location:[a-z0-9-]+}/queues/{queue:[A-Za-z0-9-]+}"
TASKS = QUEUE + "/tasks"
TASK = TASKS + "/{task:[A-Za-z0-9_-]+}"
VIEWS = ("VIEW_UNSPECIFIED", "BASIC", "FULL")  # by name, or by number as Google's own clients say it


class CloudTasks:
    """The queues of one project and location."""

    def __init__(self, project: str, location: str, queues: Mapping[str, QueueConfig]) -> None:
        self.identity = IdentityTokens()
        self._project, self._location = project, location
        parent = f"projects/{project}/locations/{location}/queues"
        self._dispatcher = Dispatcher(self.identity)
        self.queues = {name: Queue(f"{parent}/{name}", config, self._dispatcher) for name, config in queues.items()}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(TASKS, self.tasks_create),
            web.get(TASKS, self.tasks_list),
            web.get(TASK, self.tasks_get),
            web.delete(TASK, self.tasks_delete),
            web.post(TASK + ":run", self.tasks_run),
            web.get(CERTS_PATH, self._certificates),
        ]

    async def tasks_create(self, request: web.Request) -> web.Response:
        queue = self._queue(request)
        asked = parsed(await request.read())
        task = queue.create(asked.task, self._project)
        return web.json_response(task.resource(_view(str(asked.responseView))))

    async def tasks_list(self, request: web.Request) -> web.Response:
        view = _view(request.query.get("responseView", "BASIC"))
        tasks = [task.resource(view) for task in self._queue(request).listed()]
        return web.json_response({"tasks": tasks} if tasks else {})

    async def tasks_get(self, request: web.Request) -> web.Response:
        task = self._queue(request).get(request.match_info["task"])
        return web.json_response(task.resource(_view(request.query.get("responseView", "BASIC"))))

    async def tasks_delete(self, request: web.Request) -> web.Response:
        self._queue(request).delete(request.match_info["task"])
        return web.json_response({})

    async def tasks_run(self, request: web.Request) -> web.Response:
        task = self._queue(request).get(request.match_info["task"])
        task.run_now()
        return web.json_response(task.resource("BASIC"))

    async def _certificates(self, request: web.Request) -> web.Response:
        """No method of this API, but where Google has them."""
        return await self.identity.serve_certificates(request)

    async def close(self) -> None:
        await asyncio.gather(*(queue.close() for queue in self.queues.values()))
        await self._dispatcher.close()

    def _queue(self, request: web.Request) -> Queue:
        if not request.headers.get("Authorization", "").startswith("Bearer "):
            raise GoogleError("UNAUTHENTICATED", "Request is missing required authentication credential.")
        if request.match_info["project"] != self._project:
            raise GoogleError(
                "PERMISSION_DENIED", "The principal lacks IAM permission for the resource, or it is none."
            )
        queue = self.queues.get(request.match_info["queue"])
        if queue is None or request.match_info["location"] != self._location:
            raise GoogleError(
                "NOT_FOUND", "Queue does not exist. If you just created the queue, wait at least a minute."
            )
        return queue


def create_app(
    queues: Mapping[str, QueueConfig], *, project: str = "voicemint-local", location: str = "us-central1"
) -> web.Application:
    """`queues`: their settings by name. CERTS_PATH serves what the tasks' tokens verify against."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    Faults(error_answer).install(app)
    app.middlewares.append(errors_as_answers)
    app[GUARD] = Guard(closed=("/",), public=frozenset({CERTS_PATH}))
    tasks = CloudTasks(project, location, queues)
    app.add_routes(tasks.routes())

    async def clean_up(_app: web.Application) -> None:
        await tasks.close()

    app.on_shutdown.append(clean_up)
    return app


def parsed(body: bytes) -> CreateTask:
    """The body of tasks.create. Raises GoogleError, also for bytes that are not UTF-8."""
    if len(body) > MAX_TASK_BYTES:
        raise GoogleError("INVALID_ARGUMENT", "Task size too large")
    try:
        return CreateTask.model_validate(json.loads(body))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise GoogleError("INVALID_ARGUMENT", f"Invalid value at '{place}': {first['msg']}") from None
    except (ValueError, RecursionError):
        raise GoogleError("INVALID_ARGUMENT", "Invalid JSON payload received.") from None


def _view(name: str) -> str:
    views = {**{view: view for view in VIEWS}, **{str(number): view for number, view in enumerate(VIEWS)}}
    if name not in views:
        raise GoogleError("INVALID_ARGUMENT", f"Invalid value at 'response_view': {name[:40]!r}")
    return "FULL" if views[name] == "FULL" else "BASIC"
