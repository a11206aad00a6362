"""POST / from Cloud Tasks, private: ends a call at its deadline, or watches it until then.

In:  {"task": text signed by us}: calls/tasks.py says what is in it.
Out: 204 when it is done. Anything else has the task sent again: at once after a crash, after a second when it is full.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

from voicemint.access.cloud_tasks import task_access
from voicemint.agents.agent import choose
from voicemint.agents.call_mode import CallMode
from voicemint.agents.files import load_agents
from voicemint.api.json_body import fields
from voicemint.api.routes import Answer, ApiRequest, Route, entry_point
from voicemint.calls.deadline import CallDeadline
from voicemint.calls.tasks import END, Task, TaskQueue, read_task
from voicemint.cloud_logging import configure_logging
from voicemint.control.stop_switch import Control
from voicemint.errors import InvalidRequest, InvalidTicket, TooManyRequests
from voicemint.google.control_bucket import ControlBucket
from voicemint.google.payload_bucket import Bucket
from voicemint.limits.calls_at_once import free
from voicemint.monitor.dependencies import Dependencies
from voicemint.monitor.monitor import Watch
from voicemint.monitor.transcript import CallRecords
from voicemint.openai.api import OpenAIApi
from voicemint.phone.capacity import release
from voicemint.secrets.mounted import MountedSecret
from voicemint.secrets.openai_key import api_key_for
from voicemint.secrets.signing import SigningKeys
from voicemint.settings import Settings

MAX_BODY_BYTES = 2 * 1024
MAX_WATCHES = 80  # fewer than THREADS: to end a call there is always a thread
MAX_WRITING = 16

SETTINGS = Settings.from_environ()
configure_logging(SETTINGS.project_id)
KEYS = MountedSecret(SETTINGS.signing_key_file, SigningKeys)
AGENTS = load_agents(SETTINGS.agents_folder)
OPENAI = OpenAIApi(SETTINGS.openai_base_url, api_key_for(SETTINGS))
CONTROL_BUCKET = ControlBucket.of(SETTINGS)
QUEUE = TaskQueue(SETTINGS, KEYS.current)
DEPENDENCIES = Dependencies(
    openai=OPENAI,
    queue=QUEUE,
    deadline=CallDeadline(CONTROL_BUCKET, QUEUE),
    control=Control(CONTROL_BUCKET),
    bucket=CONTROL_BUCKET,
    records=CallRecords(Bucket(SETTINGS.payload_bucket, SETTINGS.project_id), SETTINGS.payload_level),
    threads=ThreadPoolExecutor(MAX_WRITING, thread_name_prefix="ledger"),
    watch_seconds=SETTINGS.watch_seconds,
)
WATCHES = BoundedSemaphore(MAX_WATCHES)


def do_task(request: ApiRequest) -> Answer:
    task = _task(request.body)
    if task.do == END or DEPENDENCIES.now() >= task.call.deadline:
        OPENAI.hang_up(task.call.call_id)
        if task.call.setup == CallMode.PHONE:
            release(CONTROL_BUCKET, task.call.call_id)
        free(CONTROL_BUCKET, task.call.person_id, task.place)
        return Answer(status=204, person_id=task.call.person_id)
    if not WATCHES.acquire(blocking=False):
        raise TooManyRequests(retry_after_seconds=1)
    try:
        Watch(task, choose(AGENTS, task.call.agent), DEPENDENCIES, request.request_id).run()
    finally:
        WATCHES.release()
    return Answer(status=204, person_id=task.call.person_id)


def _task(body: bytes) -> Task:
    value = fields(body, task=object)
    if not value:
        raise InvalidRequest('The body must be {"task": text}.')
    task = read_task(KEYS.current(), value["task"])
    if task is None:
        raise InvalidTicket("This is not a task of ours.")
    return task


def _route() -> Route:
    return Route(
        answer=do_task, access=task_access(SETTINGS), content_type="application/json", max_body_bytes=MAX_BODY_BYTES
    )


# The path depends on the address by which Google's front end was asked.
watch_call = entry_point("watch_call", dict.fromkeys((("POST", "/"), ("POST", "/watch-call")), _route()))
