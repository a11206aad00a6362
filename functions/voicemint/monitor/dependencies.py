"""What all watches of a process share."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from voicemint.calls.deadline import CallDeadline
from voicemint.calls.tasks import TaskQueue
from voicemint.control.stop_switch import Control
from voicemint.google.control_bucket import ControlBucket
from voicemint.monitor.transcript import CallRecords
from voicemint.openai.api import OpenAIApi


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """`threads` do what a watch must not wait for; `watch_seconds` is how long one lasts; `now` is in epoch seconds."""

    openai: OpenAIApi
    queue: TaskQueue
    deadline: CallDeadline
    control: Control
    bucket: ControlBucket
    records: CallRecords
    threads: ThreadPoolExecutor
    watch_seconds: int
    now: Callable[[], float] = time.time
