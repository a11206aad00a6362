"""Steps of a check: each has a limit, a result, milliseconds and one line of detail, or a reason why it failed."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Generic, TypeVar

import aiohttp

T = TypeVar("T")
Visit = TypeVar("Visit")

OK, FAILED, NOT_RUN = "ok", "FAILED", "not run"
MAX_QUOTED_CHARACTERS = 200
_SECRET = re.compile(r"(sk-|ek_|whsec_)[\w-]{6,}|(?<=__session=)[^\s;]+|(?<=Bearer )\S+")


class StepFailed(Exception):
    """Why a step failed: what was expected, what was found instead, and what to do about it."""

    def __init__(self, *, expected: str, found: str, todo: str) -> None:
        super().__init__(f"expected {expected}; found {redact(found)}. {todo}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[Visit]):
    """One thing to check. `run` returns the detail to print; `needs` names the step without which it cannot run."""

    name: str
    limit_seconds: float
    run: Callable[[Visit], Awaitable[str]]
    needs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    step: str
    result: str
    milliseconds: int
    detail: str

    def as_row(self) -> str:
        return f"{self.step:<10}  {self.result:<7}  {self.milliseconds:>6}  {self.detail}"

    def as_json(self) -> dict[str, object]:
        return asdict(self)


HEADING = f"{'step':<10}  {'result':<7}  {'ms':>6}  detail"


async def run_steps(steps: Sequence[Step[Visit]], visit: Visit, finished: Callable[[Outcome], None]) -> list[Outcome]:
    """Run the steps in order, telling `finished` each outcome at once. One that fails does not stop the others."""
    outcomes: dict[str, Outcome] = {}
    for step in steps:
        if step.needs and outcomes[step.needs].result != OK:
            outcome = Outcome(step=step.name, result=NOT_RUN, milliseconds=0, detail=f"needs the step: {step.needs}")
        else:
            outcome = await _run(step, visit)
        outcomes[step.name] = outcome
        finished(outcome)
    return list(outcomes.values())


async def _run(step: Step[Visit], visit: Visit) -> Outcome:
    started = time.monotonic()
    result = FAILED
    try:
        async with asyncio.timeout(step.limit_seconds):
            detail = redact(await step.run(visit))
        result = OK
    except StepFailed as failure:
        detail = str(failure)
    except TimeoutError:
        detail = f"expected an end within {step.limit_seconds:.0f} s; found none. See whether the service is reachable."
    except aiohttp.ClientError as error:
        detail = f"expected an answer; found {_describe(error)}. Check that the URL is right and something serves it."
    except (KeyError, TypeError, ValueError) as error:
        detail = f"expected the documented shape; found {_describe(error)}. Compare with the API's reference."
    milliseconds = round((time.monotonic() - started) * 1000)
    return Outcome(step=step.name, result=result, milliseconds=milliseconds, detail=detail)


def _describe(error: Exception) -> str:
    return redact(f"{type(error).__name__}: {error}")


async def within(seconds: float, what: str, awaitable: Awaitable[T], todo: str) -> T:
    """Wait for one thing of a step, and name it where it does not come."""
    try:
        async with asyncio.timeout(seconds):
            return await awaitable
    except TimeoutError:
        raise StepFailed(expected=f"{what} within {seconds:.0f} s", found="none", todo=todo) from None


def redact(text: str) -> str:
    """One line of bounded length without anything that looks like a credential."""
    line = " ".join(_SECRET.sub("[redacted]", text).split())
    return line if len(line) <= MAX_QUOTED_CHARACTERS else line[:MAX_QUOTED_CHARACTERS] + "…"
