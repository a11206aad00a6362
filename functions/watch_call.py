"""POST / from Cloud Tasks, private: ends a call at its deadline, or watches it until then.

In:  {"task": text signed by us}: tasks.py says what is in it.
Out: 204 when it is done. Anything else has the task sent again: at once after a crash, after a second when it is full.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

from voicemint.agents import choose, load_agents
from voicemint.call_record import CallRecords
from voicemint.cloud_logging import configure_logging
from voicemint.control import Control
from voicemint.control_bucket import ControlBucket
from voicemint.errors import InvalidRequest, InvalidTicket, SettingsError, TooManyRequests
from voicemint.http import Answer, ApiRequest, Route, entry_point
from voicemint.leash import Leash
from voicemint.mounted_secret import MountedSecret
from voicemint.openai_api import OpenAIApi
from voicemint.phone_line import PHONE, release
from voicemint.places import free
from voicemint.secrets import api_key_for
from voicemint.settings import Settings
from voicemint.signing import SigningKeys
from voicemint.storage import Bucket
from voicemint.strict_json import parse_json
from voicemint.surroundings import Surroundings
from voicemint.task_access import task_access
from voicemint.tasks import END, Task, TaskQueue, read_task
from voicemint.watch import Watch

MAX_BODY_BYTES = 2 * 1024
MAX_WATCHES = 80  # fewer than THREADS: to end a call there is always a thread
MAX_WRITING = 16

SETTINGS = Settings.from_environ()
configure_logging(SETTINGS.project_id)
if not SETTINGS.bucket and SETTINGS.payload_level != "off":
    raise SettingsError("BUCKET is not set: the name of the bucket for payloads (or set PAYLOAD_LEVEL=off).")
KEYS = MountedSecret(SETTINGS.signing_key_file, SigningKeys)
AGENTS = load_agents(SETTINGS.agents_folder)
OPENAI = OpenAIApi(SETTINGS.openai_base_url, api_key_for(SETTINGS))
CONTROL_BUCKET = ControlBucket.of(SETTINGS)
QUEUE = TaskQueue(SETTINGS, KEYS.current)
AROUND = Surroundings(
    openai=OPENAI,
    queue=QUEUE,
    leash=Leash(CONTROL_BUCKET, QUEUE),
    control=Control(CONTROL_BUCKET),
    bucket=CONTROL_BUCKET,
    records=CallRecords(Bucket(SETTINGS.bucket, SETTINGS.project_id), SETTINGS.payload_level),
    threads=ThreadPoolExecutor(MAX_WRITING, thread_name_prefix="ledger"),
    watch_seconds=SETTINGS.watch_seconds,
)
WATCHES = BoundedSemaphore(MAX_WATCHES)


def do_task(request: ApiRequest) -> Answer:
    task = _task(request.body)
    if task.do == END or AROUND.now() >= task.call.deadline:
        OPENAI.hang_up(task.call.call_id)
        if task.call.setup == PHONE:
            release(CONTROL_BUCKET, task.call.call_id)
        free(CONTROL_BUCKET, task.call.person_id, task.place)
        return Answer(status=204, person_id=task.call.person_id)
    if not WATCHES.acquire(blocking=False):
        raise TooManyRequests(retry_after_seconds=1)
    try:
        Watch(task, choose(AGENTS, task.call.agent), AROUND, request.request_id).run()
    finally:
        WATCHES.release()
    return Answer(status=204, person_id=task.call.person_id)


def _task(body: bytes) -> Task:
    value = parse_json(body)
    if not isinstance(value, dict) or value.keys() != {"task"}:
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
