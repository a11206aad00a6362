"""What a call has used, counted where a crash cannot forget it: money of the call, minutes of its person.

Money: an object in the control bucket for each response and transcription that was paid for,
`spent/<call id>/<what>-<millionths of a USD>`; the amount is in the name, so that one listing is the sum.
"""

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from voicemint.agents import Agent
from voicemint.calls import KnownCall
from voicemint.control_bucket import ControlBucket
from voicemint.minutes import count_minute
from voicemint.prices import MICRO, response_micro_usd, transcription_micro_usd

WRITES_AT_ONCE = 16
MICRO_PER_CENT = MICRO // 100
MAX_MARKS = 10_000


class CallLedger:
    """One call's. For one thread; what it writes is written by `threads`."""

    def __init__(self, bucket: ControlBucket, call: KnownCall, agent: Agent, threads: ThreadPoolExecutor) -> None:
        self._bucket = bucket
        self._call = call
        self._agent = agent
        self._threads = threads
        self._paid: dict[str, int] = {}
        self._next_minute = 0

    def load(self) -> None:
        """Begin with what earlier watches of this call have counted. Raises ControlUnavailable."""
        for name in self._bucket.list(f"spent/{self._call.call_id}/", at_most=MAX_MARKS):
            what, _, amount = name.rpartition("/")[2].rpartition("-")
            self._paid[what] = int(amount)

    @property
    def micro_usd(self) -> int:
        return sum(self._paid.values())

    @property
    def is_used_up(self) -> bool:
        return self.micro_usd >= self._agent.max_call_cents * MICRO_PER_CENT

    def pay(self, event: dict[str, Any]) -> "Future[bool] | None":
        """Count what an event of OpenAI's says was used, once; None where it says nothing new."""
        what, micro_usd = self._bill(event)
        if what is None or what in self._paid:
            return None
        self._paid[what] = micro_usd
        name = f"spent/{self._call.call_id}/{what}-{micro_usd}"
        return self._threads.submit(self._bucket.create, name, b"{}")

    def pass_minutes(self, now: float) -> "list[Future[None]]":
        """Count every minute of the call that has begun by `now` (epoch seconds) and was not counted here yet."""
        begun = int(max(now - self._call.started_at, 0)) // 60
        minutes = range(self._next_minute, begun + 1)
        self._next_minute = begun + 1
        return [self._threads.submit(count_minute, self._bucket, self._call, minute) for minute in minutes]

    def _bill(self, event: dict[str, Any]) -> tuple[str | None, int]:
        if event.get("type") == "response.done" and isinstance(event.get("response"), dict):
            response = event["response"]
            return _mark("response", response.get("id")), response_micro_usd(self._agent.model, response.get("usage"))
        if event.get("type") == "conversation.item.input_audio_transcription.completed":
            cost = transcription_micro_usd(self._agent.transcription, event.get("usage"))
            return _mark("heard", event.get("item_id")), cost
        return None, 0


def _mark(kind: str, id_: object) -> str:
    """An id of OpenAI's as part of a name of ours."""
    return f"{kind}-{hashlib.sha256(str(id_).encode()).hexdigest()[:16]}"
