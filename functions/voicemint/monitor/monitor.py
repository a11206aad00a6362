"""One call, watched over the sideband until it is over: transcript, limits and config are kept.

A watch lasts WATCH_SECONDS at most, because the task that asked for it has a deadline; then it has a successor made and
stays a little longer, so that the two overlap. Everything that is written has a name that makes it the same object
whoever writes it, so that overlapping, repeated and resumed watches are one.
"""

import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from voicemint.access.person import Person
from voicemint.agents.agent import CLIENT_SECRET, Agent
from voicemint.calls.call import KnownCall
from voicemint.calls.tasks import Task
from voicemint.cloud_logging import logger
from voicemint.errors import CallTaken, ControlUnavailable, DeadlineUnavailable
from voicemint.limits.calls_at_once import free
from voicemint.monitor.background import BackgroundWork
from voicemint.monitor.dependencies import Dependencies
from voicemint.monitor.next_response import GO_ON, NextResponse
from voicemint.monitor.phone import FIRST_WORD, first_word, line_of, watched_config
from voicemint.monitor.session_guard import SessionGuard
from voicemint.monitor.tools import CallTools
from voicemint.monitor.transcript import kept_as
from voicemint.monitor.unfinished_writes import UnfinishedWrites
from voicemint.monitor.usage_ledger import CallLedger
from voicemint.openai.sideband import Sideband, SidebandClosed
from voicemint.phone.capacity import release

ATTACH_SECONDS = 30  # from the call's beginning until somebody has to have dialled it
REATTACH_SECONDS = 2  # after which a call that was there is over
FIRST_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS = 0.25, 2.0
OVERLAP_SECONDS = 5
LOOK_SECONDS = 5  # how often limits are looked at while nothing is said
FLUSH_SECONDS = 60
TELL = {"type": "session.update", "session": {"type": "realtime"}}  # changes nothing, and OpenAI tells what there is


class Watch:
    """For one task; `run` returns when the call is over or somebody else watches it."""

    def __init__(self, task: Task, agent: Agent, dependencies: Dependencies, request_id: str) -> None:
        self._task = task
        self._call: KnownCall = task.call
        self._agent = agent
        self._dependencies = dependencies
        self._request_id = request_id
        self._line = line_of(self._call, agent)
        self._guard = None if self._call.setup == CLIENT_SECRET else SessionGuard(watched_config(self._call, agent))
        self._ledger = CallLedger(dependencies.bucket, self._call, agent, dependencies.threads, task.monthly_minutes)
        self._person = Person(self._call.person_id, "", epoch=self._call.epoch)
        self._tools = CallTools(self._call, agent, dependencies.openai, dependencies.bucket)
        self._writes = UnfinishedWrites()
        self._background = BackgroundWork(dependencies.threads)
        self._is_greeted = self._is_taken_up = False
        self._take_up_at = float("inf")
        self._sideband: Sideband
        self._next_response = NextResponse()
        self._hand_over_at = dependencies.now() + dependencies.watch_seconds
        self._leave_at = float("inf")

    def run(self) -> None:
        """Raises ApiError: then the task is sent again, and this watch is taken up by another."""
        self._take_up()
        sideband = self._attach(
            until=max(self._call.started_at + ATTACH_SECONDS, self._dependencies.now() + REATTACH_SECONDS)
        )
        may_go_on = sideband is None and self._guard is None  # it is the page's, and OpenAI lets nobody look at it
        if sideband is None:
            self._give_up()
        while sideband is not None and not self._watch(sideband):
            sideband = self._attach(until=self._dependencies.now() + REATTACH_SECONDS)
        if self._dependencies.now() < self._leave_at and not may_go_on:
            self._free_places()
        self._flush()

    def _free_places(self) -> None:
        """The call is over: another one may take its place."""
        if self._line is not None:
            release(self._dependencies.bucket, self._call.call_id)
        free(self._dependencies.bucket, self._call.person_id, self._task.place)

    def _take_up(self) -> None:
        """Again every few seconds while the queue or the bucket does not answer: the call is watched meanwhile."""
        self._take_up_at = float("inf")
        self._background.send(self._hold_and_count, self._taken_up)

    def _hold_and_count(self) -> list[str] | None:
        """Make END, bind the call, and return what earlier watches have counted; None if something did not answer.

        No watch succeeds without it: a call that the server opened has no END before (calls/deadline.py).
        """
        try:
            self._dependencies.deadline.end_in_time(self._call, self._task.place)
            with suppress(CallTaken):  # whoever registered it in the meantime, it is watched as what it is
                self._dependencies.deadline.bind(self._call)
            return self._ledger.counted()
        except (ControlUnavailable, DeadlineUnavailable):
            return None

    def _taken_up(self, counted: list[str] | None) -> None:
        self._is_taken_up = counted is not None
        self._ledger.begin_with(counted or ())
        if counted is None:
            self._take_up_at = self._dependencies.now() + LOOK_SECONDS

    def _attach(self, until: float) -> Sideband | None:
        """The sideband, as soon as there is one; None where there was none until then."""
        backoff = FIRST_BACKOFF_SECONDS
        until = min(until, self._call.deadline)
        while (sideband := self._dependencies.openai.attach(self._call.call_id)) is None:
            if self._dependencies.now() + backoff > until:
                return None
            time.sleep(backoff)
            backoff = min(backoff * 2, MAX_BACKOFF_SECONDS)
        return sideband

    def _give_up(self) -> None:
        """Nobody answers for this call: it never came to be, or it is over, or OpenAI lets nobody look at it."""
        if self._guard is not None:
            self._dependencies.openai.hang_up(self._call.call_id)
        self._note("voicemint.call_not_watched", {})

    def _watch(self, sideband: Sideband) -> bool:
        """True where nothing is left to do; False where the connection ended, for whatever reason."""
        self._sideband = sideband
        try:
            self._begin(sideband)
            while not self._is_done():
                event = sideband.receive(self._patience())
                if event is not None:
                    self._handle(event, sideband)
                if self._next_response.is_overdue(self._dependencies.now()):
                    sideband.send(GO_ON)
        except SidebandClosed:
            return False
        finally:
            sideband.close()
        return True

    def _begin(self, sideband: Sideband) -> None:
        self._note(f"voicemint.call_watched/{self._request_id}", {"part": self._task.part})
        sideband.send(TELL if self._guard is None else self._guard.update)
        if self._line is not None and not self._is_greeted:
            self._background.send(partial(self._tools.claim, FIRST_WORD), self._greet)

    def _greet(self, is_ours: bool | None) -> None:
        """Where the bucket does not say who greets, we do: twice is better than silence."""
        if is_ours is not False:
            self._say(*first_word(self._agent))
        self._is_greeted = True

    def _patience(self) -> float:
        """For how many seconds there is nothing to do but to listen."""
        next_look = min(self._call.deadline, self._hand_over_at, self._leave_at)
        return min(LOOK_SECONDS, self._background.look_again_in, max(next_look - self._dependencies.now(), 0.01))

    def _is_done(self) -> bool:
        """Look at every limit; end the call where one is reached."""
        now = self._dependencies.now()
        for writing in self._ledger.pass_minutes(now):
            self._writes.add(writing)
        reason = self._reason_to_end(now)
        if reason is not None:
            self._end(reason)
            return True
        if now >= self._take_up_at:
            self._take_up()
        if now >= self._hand_over_at:
            self._hand_over_at = float("inf")
            successor = replace(self._task, part=self._task.part + 1)
            self._background.send(partial(self._dependencies.queue.create, successor), self._leave_soon)
        self._background.settle()
        return now >= self._leave_at

    def _leave_soon(self, _created: None) -> None:
        self._leave_at = self._dependencies.now() + OVERLAP_SECONDS

    def _reason_to_end(self, now: float) -> str | None:
        if now >= self._call.deadline:
            return "deadline"
        if self._ledger.is_used_up:
            return "budget"
        if self._ledger.is_month_used_up:
            return "month"
        if self._guard is not None and not self._guard.holds:
            return "session_changed"
        return "stopped" if self._is_stopped() else None

    def _is_stopped(self) -> bool:
        state = self._dependencies.control.glance(self._dependencies.threads)
        if state is None:
            return False  # new calls are refused then; this one has its deadline
        return state.stopped or self._person.is_revoked(state)

    def _end(self, reason: str) -> None:
        self._dependencies.openai.hang_up(self._call.call_id)
        self._note("voicemint.call_ended", {"reason": reason, "micro_usd": self._ledger.micro_usd})
        told = {"request_id": self._request_id, "person": self._call.person_id, "reason": reason}
        logger.info("call ended", extra={"fields": told})

    def _handle(self, event: dict[str, Any], sideband: Sideband) -> None:
        key = kept_as(event)
        if key is not None:
            self._write(key, event)
        self._writes.add(self._ledger.pay(event))
        if self._guard is not None and (updates := self._guard.put_right(event)):
            self._say(*updates)
            number = self._guard.corrections
            self._note(f"voicemint.session_corrected/{self._request_id}/{number}", {"number": number})
        is_answering = event.get("type") == "response.done" and self._run_tools(event)
        if self._next_response.hear(event, is_answering, self._dependencies.now()):
            sideband.send(GO_ON)

    def _run_tools(self, event: dict[str, Any]) -> bool:
        """Have the model's calls of our own tools answered: each once, whoever else watches. Whether there are any.

        Where a call beside them is the page's, the page asks the model to go on, when all results are there.
        """
        asked, may_go_on = self._tools.asked(event)
        if asked:
            self._background.send(partial(self._tools.results, asked), partial(self._answer, may_go_on))
        return bool(asked)

    def _answer(self, may_go_on: bool, results: list[dict[str, Any]]) -> None:
        self._say(*({"type": "conversation.item.create", "item": result} for result in results))
        if self._next_response.have_answered(bool(results) and may_go_on):
            self._say(GO_ON)

    def _say(self, *events: dict[str, Any]) -> None:
        for event in events:
            self._sideband.send(event)

    def _note(self, key: str, fields: dict[str, Any]) -> None:
        """Keep what we did ourselves, beside what OpenAI told; `key` is its type and what else makes it one event."""
        self._write(key, {"type": key.partition("/")[0], **fields})

    def _write(self, key: str, event: dict[str, Any]) -> None:
        self._writes.begin(partial(self._dependencies.records.write, self._call, key, event, self._request_id))

    def _flush(self) -> None:
        """Wait until all is written. Raises what a write raised, ControlUnavailable or StorageUnavailable."""
        if not self._is_taken_up and self._hold_and_count() is None:
            raise ControlUnavailable
        if self._writes.dropped:
            fields = {"request_id": self._request_id, "call_id": self._call.call_id, "dropped": self._writes.dropped}
            logger.error("events of a call were not kept: the bucket was too slow", extra={"fields": fields})
        self._writes.finish(FLUSH_SECONDS)
