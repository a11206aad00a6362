"""What all watches of a process share."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from voicemint.call_record import CallRecords
from voicemint.control import Control
from voicemint.control_bucket import ControlBucket
from voicemint.leash import Leash
from voicemint.openai_api import OpenAIApi
from voicemint.tasks import TaskQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """`threads` do what a watch must not wait for; `watch_seconds` is how long one lasts; `now` is in epoch seconds."""

    openai: OpenAIApi
    queue: TaskQueue
    leash: Leash
    control: Control
    bucket: ControlBucket
    records: CallRecords
    threads: ThreadPoolExecutor
    watch_seconds: int
    now: Callable[[], float] = time.time
