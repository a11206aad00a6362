"""Cloud Tasks v2: queues, and tasks as they are taken. ../cloud_tasks sends tasks, this one sends none."""

import re
from copy import deepcopy
from datetime import UTC, datetime

from standins.google.cloud_tasks import parsed
from standins.google.cloud_tasks.queue import TASK_ID, QueuedTask
from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.iam_routes import add_iam_routes
from standins.google.control_plane.framework.pages import page
from standins.google.control_plane.state.etags import changed
from standins.google.control_plane.state.resources import Resources
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("cloudtasks.googleapis.com")
QUEUES = "/v2/projects/{project}/locations/{location}/queues"
QUEUE = QUEUES + "/{queue}"
DEFAULTS: Json = {
    "rateLimits": {"maxDispatchesPerSecond": 500, "maxBurstSize": 100, "maxConcurrentDispatches": 1000},
    "retryConfig": {"maxAttempts": 100, "minBackoff": "0.100s", "maxBackoff": "3600s", "maxDoublings": 16},
}


class Queues(Resources):
    """`deleted`: names that cannot be used again for some days."""

    missing = "Queue does not exist. If you just created the queue, wait at least a minute."

    def __init__(self) -> None:
        super().__init__()
        self.deleted: set[str] = set()


class Tasks(Resources):
    """Tasks by name, for as long as this Google runs."""


def parent(call: Call) -> str:
    return f"{call.project.resource}/locations/{call.path['location']}"


def found(call: Call) -> Json:
    return call.state.part(Queues).find(f"{parent(call)}/queues/{call.path['queue']}")


@API.post(QUEUES, permission="cloudtasks.queues.create", billed=True)
def create_queue(call: Call) -> Json:
    given, queues = call.json(), call.state.part(Queues)
    name = str(given.get("name", ""))
    place, _, queue_id = name.rpartition("/queues/")
    if call.state.resource_name(f"/v2/{place}") != parent(call) or not re.fullmatch(r"[A-Za-z0-9-]{1,100}", queue_id):
        raise GoogleError("INVALID_ARGUMENT", f"Queue name {name!r} is not valid.")
    if name in queues:
        raise GoogleError("ALREADY_EXISTS", "Queue already exists")
    if name in queues.deleted:
        raise GoogleError(
            "FAILED_PRECONDITION",
            "The queue cannot be created because a queue with this name existed too recently.",
        )
    queues[name] = {**_with_defaults(given), "name": name, "state": "RUNNING"}
    return queues[name]


@API.get(QUEUES, permission="cloudtasks.queues.list")
def list_queues(call: Call) -> Json:
    return page(call.state.part(Queues).below(parent(call)), "queues", call)


@API.get(QUEUE, permission="cloudtasks.queues.get")
def get_queue(call: Call) -> Json:
    return found(call)


@API.patch(QUEUE, permission="cloudtasks.queues.update")
def update_queue(call: Call) -> Json:
    queue = found(call)
    queue.update(_with_defaults(changed(queue, call.json(), call.query.get("updateMask", "*"))))
    return queue


@API.delete(QUEUE, permission="cloudtasks.queues.delete")
def delete_queue(call: Call) -> Json:
    queues, name = call.state.part(Queues), found(call)["name"]
    del queues[name]
    queues.deleted.add(name)
    return {}


@API.post(f"{QUEUE}:pause", permission="cloudtasks.queues.pause")
def pause_queue(call: Call) -> Json:
    found(call)["state"] = "PAUSED"
    return found(call)


@API.post(f"{QUEUE}:resume", permission="cloudtasks.queues.resume")
def resume_queue(call: Call) -> Json:
    found(call)["state"] = "RUNNING"
    return found(call)


@API.post(f"{QUEUE}/tasks", read=True)
def create_task(call: Call) -> Json:
    """For the functions that run here: nothing of the project is changed. Which of them may, infra/iam.txt says."""
    queue, tasks, asked = found(call)["name"], call.state.part(Tasks), parsed(call.body).task
    parent_name, _, task_id = asked.name.rpartition("/tasks/")
    if parent_name != queue or not TASK_ID.fullmatch(task_id):
        raise GoogleError("INVALID_ARGUMENT", f"Task name must be formatted: {queue}/tasks/<task_id>")
    if asked.name in tasks:
        raise GoogleError("ALREADY_EXISTS", "Requested entity already exists")
    tasks[asked.name] = QueuedTask(asked.name, asked, asked.scheduleTime or datetime.now(UTC)).resource("BASIC")
    return tasks[asked.name]


add_iam_routes(API, QUEUE, "cloudtasks.queues", found, read_method="POST")


def _with_defaults(queue: Json) -> Json:
    """What was not said is as Google has it."""
    filled = deepcopy(queue)
    for name, defaults in DEFAULTS.items():
        filled[name] = {**defaults, **queue.get(name, {})}
    return filled
