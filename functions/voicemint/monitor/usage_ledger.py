"""What a call has used, counted where a crash cannot forget it: money of the call, minutes of its person.

Money: an object in the control bucket for each response and transcription that was paid for,
`spent/<call id>/<what>-<millionths of a USD>`; the amount is in the name, so that one listing is the sum. The prices
are those of the models that OpenAI says the call uses: a page that registers a call names its agent itself.
"""

import hashlib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from voicemint.agents.agent import Agent
from voicemint.calls.call import KnownCall
from voicemint.errors import ControlUnavailable
from voicemint.google.control_bucket import ControlBucket
from voicemint.limits.monthly_minutes import count_minute, minute_of, minutes_used
from voicemint.openai.prices import MICRO, load_prices, response_micro_usd, transcription_micro_usd

MICRO_PER_CENT = MICRO // 100
MAX_MARKS = 10_000
SESSION_EVENTS = ("session.created", "session.updated")


class CallLedger:
    """One call's. For one thread; what it writes and reads is written and read by `threads`.

    `monthly_minutes` is the person's limit, None where nobody told.
    """

    def __init__(
        self,
        bucket: ControlBucket,
        call: KnownCall,
        agent: Agent,
        threads: ThreadPoolExecutor,
        monthly_minutes: int | None = None,
    ) -> None:
        self._bucket = bucket
        self._call = call
        self._agent = agent
        self._threads = threads
        self._monthly_minutes = monthly_minutes
        self._used: Future[int] | None = None
        self._model, self._transcription = agent.model, agent.transcription
        self._paid: set[str] = set()
        self.micro_usd = 0
        self._next_minute = 0

    def counted(self) -> list[str]:
        """What earlier watches of this call have counted, by the names of objects. Raises ControlUnavailable."""
        return self._bucket.list(f"spent/{self._call.call_id}/", at_most=MAX_MARKS)

    def begin_with(self, counted: Iterable[str]) -> None:
        for name in counted:
            what, _, amount = name.rpartition("/")[2].rpartition("-")
            self._count(what, int(amount))

    @property
    def is_used_up(self) -> bool:
        return self.micro_usd >= self._agent.max_call_cents * MICRO_PER_CENT

    def pay(self, event: dict[str, Any]) -> "Future[bool] | None":
        """Count what an event of OpenAI's says was used, once; None where it says nothing new, or nothing was."""
        if event.get("type") in SESSION_EVENTS:
            self._learn(event.get("session"))
        what, micro_usd = self._bill(event)
        if what is None or not micro_usd or what in self._paid:
            return None
        self._count(what, micro_usd)
        name = f"spent/{self._call.call_id}/{what}-{micro_usd}"
        return self._threads.submit(self._bucket.create, name, b"{}")

    @property
    def is_month_used_up(self) -> bool:
        """Whether the person had minutes beyond the month's at the last look, of whichever of their calls."""
        if self._monthly_minutes is None or self._used is None or not self._used.done() or self._used.exception():
            return False
        return self._used.result() > self._monthly_minutes

    def pass_minutes(self, now: float) -> "list[Future[int]]":
        """Count every minute of the call that has begun by `now` (epoch seconds) and was not counted here yet.

        What begins at the deadline is no minute of the call. The month is looked at after each minute that was counted:
        so calls at the same time see each other, and each of them begins at most one minute beyond the limit.
        """
        begun = int(max(min(now, self._call.deadline - 1) - self._call.started_at, 0)) // 60
        minutes = range(self._next_minute, begun + 1)
        if not minutes:
            return []
        self._next_minute = begun + 1
        self._used = self._threads.submit(self._count_minutes, minutes)
        return [self._used]

    def _count_minutes(self, minutes: range) -> int:
        """Returns what is counted of the person's month by now, 0 where nobody can say. Raises ControlUnavailable."""
        for minute in minutes:
            count_minute(self._bucket, self._call, minute)
        if self._monthly_minutes is None:
            return 0
        month, at_most = minute_of(self._call, minutes[-1]), self._monthly_minutes + 1
        try:
            return minutes_used(self._bucket, self._call.person_id, month, at_most)
        except ControlUnavailable:
            return 0  # the next minute looks again; what is counted is counted

    def _count(self, what: str, micro_usd: int) -> None:
        if what not in self._paid:
            self._paid.add(what)
            self.micro_usd += micro_usd

    def _learn(self, session: Any) -> None:
        """A model that has no price is one of another spelling: the agent's own is what there is."""
        prices = load_prices()
        model, transcription = _at(session, "model"), _at(session, "audio", "input", "transcription", "model")
        if model in prices["usd_per_million_tokens"]:
            self._model = str(model)
        if transcription in prices["transcription_usd_per_minute"]:
            self._transcription = str(transcription)

    def _bill(self, event: dict[str, Any]) -> tuple[str | None, int]:
        if event.get("type") == "response.done" and isinstance(event.get("response"), dict):
            response = event["response"]
            return _mark("response", response.get("id")), response_micro_usd(self._model, response.get("usage"))
        if event.get("type") == "conversation.item.input_audio_transcription.completed":
            cost = transcription_micro_usd(self._transcription, event.get("usage"))
            return _mark("heard", event.get("item_id")), cost
        return None, 0


def _at(value: Any, *path: str) -> str | None:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def _mark(kind: str, id_: object) -> str:
    """An id of OpenAI's as part of a name of ours."""
    return f"{kind}-{hashlib.sha256(str(id_).encode()).hexdigest()[:16]}"
