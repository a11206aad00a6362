"""One call, watched over the sideband until it is over: its transcript kept, its limits kept, its config kept.

A watch lasts WATCH_SECONDS at most, because the task that asked for it has a deadline; then it has a successor made and
stays a little longer, so that the two overlap. Everything that is written has a name that makes it the same object
whoever writes it, so that overlapping, repeated and resumed watches are one.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from voicemint.agents import CLIENT_SECRET, Agent
from voicemint.call_ledger import CallLedger
from voicemint.call_record import CallRecords, kept_as
from voicemint.calls import KnownCall
from voicemint.cloud_logging import logger
from voicemint.control import Control
from voicemint.control_bucket import ControlBucket
from voicemint.errors import CallTaken, ControlUnavailable, StorageUnavailable
from voicemint.handoffs import HANDOFF
from voicemint.leash import Leash
from voicemint.next_answer import GO_ON, NextAnswer
from voicemint.openai_api import OpenAIApi
from voicemint.openai_sideband import Sideband, SidebandClosed
from voicemint.phone_line import release
from voicemint.phone_policy import TRANSFER_TOOL
from voicemint.phone_watch import FIRST_WORD, first_word, line_of, transfer, watched_config
from voicemint.server_tools import claim_of, run_tool
from voicemint.session_guard import SessionGuard
from voicemint.tasks import Task, TaskQueue

ATTACH_SECONDS = 30  # from the call's beginning until somebody has to have dialled it
REATTACH_SECONDS = 2  # after which a call that was there is over
FIRST_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS = 0.25, 2.0
OVERLAP_SECONDS = 5
LOOK_SECONDS = 5  # how often limits are looked at while nothing is said
FLUSH_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all watches of a process share."""

    openai: OpenAIApi
    queue: TaskQueue
    leash: Leash
    control: Control
    bucket: ControlBucket
    records: CallRecords
    threads: ThreadPoolExecutor
    watch_seconds: int
    now: Callable[[], float] = time.time


class Watch:
    """For one task; `run` returns when the call is over or somebody else watches it."""

    def __init__(self, task: Task, agent: Agent, around: Surroundings, request_id: str) -> None:
        self._task = task
        self._call: KnownCall = task.call
        self._agent = agent
        self._around = around
        self._request_id = request_id
        self._line = line_of(self._call, agent)
        self._guard = None if self._call.setup == CLIENT_SECRET else SessionGuard(watched_config(self._call, agent))
        self._ledger = CallLedger(around.bucket, self._call, agent, around.threads)
        self._writing: list[Future[Any]] = []
        self._next_answer = NextAnswer()
        self._hand_over_at = around.now() + around.watch_seconds
        self._leave_at = float("inf")

    def run(self) -> None:
        """Raises ApiError: then the task is sent again, and this watch is taken up by another."""
        with suppress(CallTaken):  # whoever registered it in the meantime, it is watched as what it is
            self._around.leash.bind(self._call)
        self._ledger.load()
        sideband = self._attach(
            until=max(self._call.started_at + ATTACH_SECONDS, self._around.now() + REATTACH_SECONDS)
        )
        if sideband is None:
            self._give_up()
        while sideband is not None and not self._watch(sideband):
            sideband = self._attach(until=self._around.now() + REATTACH_SECONDS)
        if self._line is not None and self._around.now() < self._leave_at:
            release(self._around.bucket, self._call.call_id)
        self._flush()

    def _attach(self, until: float) -> Sideband | None:
        """The sideband, as soon as there is one; None where there was none until then."""
        backoff = FIRST_BACKOFF_SECONDS
        until = min(until, self._call.deadline)
        while (sideband := self._around.openai.attach(self._call.call_id)) is None:
            if self._around.now() + backoff > until:
                return None
            time.sleep(backoff)
            backoff = min(backoff * 2, MAX_BACKOFF_SECONDS)
        return sideband

    def _give_up(self) -> None:
        """Nobody answers for this call: it never came to be, or it is over, or OpenAI lets nobody look at it."""
        if self._guard is not None:
            self._around.openai.hang_up(self._call.call_id)
        self._note("voicemint.call_not_watched", {})

    def _watch(self, sideband: Sideband) -> bool:
        """True where nothing is left to do; False where the connection ended, for whatever reason."""
        try:
            self._begin(sideband)
            while not self._is_done():
                event = sideband.receive(min(LOOK_SECONDS, max(self._next_look() - self._around.now(), 0.01)))
                if event is not None:
                    self._handle(event, sideband)
                if self._next_answer.is_overdue(self._around.now()):
                    sideband.send(GO_ON)
        except SidebandClosed:
            return False
        finally:
            sideband.close()
        return True

    def _begin(self, sideband: Sideband) -> None:
        self._note(f"voicemint.call_watched/{self._request_id}", {"part": self._task.part})
        if self._guard is not None:
            sideband.send(self._guard.update)
        if self._line is not None and self._claim(FIRST_WORD):
            for event in first_word(self._agent):
                sideband.send(event)

    def _next_look(self) -> float:
        return min(self._call.deadline, self._hand_over_at, self._leave_at)

    def _is_done(self) -> bool:
        """Look at every limit; end the call where one is reached."""
        now = self._around.now()
        self._writing += self._ledger.pass_minutes(now)
        reason = self._reason_to_end(now)
        if reason is not None:
            self._end(reason)
            return True
        if now >= self._hand_over_at:
            self._around.queue.create(replace(self._task, part=self._task.part + 1))
            self._hand_over_at, self._leave_at = float("inf"), now + OVERLAP_SECONDS
        return now >= self._leave_at

    def _reason_to_end(self, now: float) -> str | None:
        if now >= self._call.deadline:
            return "deadline"
        if self._ledger.is_used_up:
            return "budget"
        if self._guard is not None and not self._guard.holds:
            return "session_changed"
        return "stopped" if self._is_stopped() else None

    def _is_stopped(self) -> bool:
        try:
            state = self._around.control.current()
        except ControlUnavailable:
            return False  # new calls are refused then; this one has its deadline
        return state.stopped or self._call.person_id in state.revoked

    def _end(self, reason: str) -> None:
        self._around.openai.hang_up(self._call.call_id)
        self._note("voicemint.call_ended", {"reason": reason, "micro_usd": self._ledger.micro_usd})
        logger.info("call ended", extra={"fields": {"request_id": self._request_id, "reason": reason}})

    def _handle(self, event: dict[str, Any], sideband: Sideband) -> None:
        key = kept_as(event)
        if key is not None:
            self._write(key, event)
        self._add(self._ledger.pay(event))
        if self._guard is not None and self._guard.is_changed(event):
            sideband.send(self._guard.correct())
            number = self._guard.corrections
            self._note(f"voicemint.session_corrected/{self._request_id}/{number}", {"number": number})
        has_answered = event.get("type") == "response.done" and self._run_tools(event, sideband)
        if self._next_answer.hear(event, has_answered, self._around.now()):
            sideband.send(GO_ON)

    def _run_tools(self, event: dict[str, Any], sideband: Sideband) -> bool:
        """Answer the model's calls of our own tools: each once, whoever else watches.

        Whether it is to go on: where a call beside them is the page's, the page asks when all results are there.
        """
        response = event.get("response")
        output = response.get("output") if isinstance(response, dict) else None
        asked = [item for item in output or () if _is_call_of(item, self._tools)]
        ours = [item for item in asked if self._claim(str(item.get("call_id")))]
        for item in ours:
            result = self._run_tool(str(item["name"]), str(item.get("arguments") or ""))
            answer = {"type": "function_call_output", "call_id": item.get("call_id"), "output": result}
            sideband.send({"type": "conversation.item.create", "item": answer})
        return bool(ours) and not any(_is_call_of(item, self._tools_of_the_page) for item in output or ())

    @property
    def _tools(self) -> tuple[str, ...]:
        return self._agent.server_tools if self._line is None else (*self._agent.server_tools, TRANSFER_TOOL)

    @property
    def _tools_of_the_page(self) -> tuple[str, ...]:
        if self._line is not None:
            return ()
        return (*self._agent.page_tools, *(HANDOFF + handoff.name for handoff in self._agent.handoffs))

    def _run_tool(self, name: str, arguments: str) -> str:
        if self._line is not None and name == TRANSFER_TOOL:
            return transfer(self._around.openai, self._call, self._line, arguments)
        return run_tool(name, arguments)

    def _claim(self, tool_call_id: str) -> bool:
        name, content = claim_of(self._call.call_id, tool_call_id)
        return self._around.bucket.create(name, content)

    def _note(self, key: str, fields: dict[str, Any]) -> None:
        """Keep what we did ourselves, beside what OpenAI told; `key` is its type and what else makes it one event."""
        self._write(key, {"type": key.partition("/")[0], **fields})

    def _write(self, key: str, event: dict[str, Any]) -> None:
        self._add(self._around.records.write(self._call, key, event, self._request_id))

    def _add(self, writing: Future[Any] | None) -> None:
        if writing is not None:
            self._writing = [each for each in self._writing if not each.done() or each.exception()]
            self._writing.append(writing)

    def _flush(self) -> None:
        """Wait until everything is written. Raises what a write raised, or StorageUnavailable."""
        if wait(self._writing, timeout=FLUSH_SECONDS).not_done:
            raise StorageUnavailable
        for written in self._writing:
            written.result()


def _is_call_of(item: object, tools: tuple[str, ...]) -> bool:
    """Whether it can be answered: OpenAI may leave fields out."""
    if not isinstance(item, dict) or item.get("type") != "function_call" or not item.get("call_id"):
        return False
    return item.get("name") in tools
