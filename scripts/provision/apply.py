"""Doing what a plan says: step by step, each with its number and its seconds, patient where that helps.

A step that fails keeps back the steps that need it, and no others: so one run does all that can be done, and the next
one the rest. Nothing is remembered between runs: every plan is made from what is there.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from common.console import say
from common.failures import Failure
from common.gcloud import Gcloud
from common.google_api import Signed
from common.retry import Backoff, FreshRoles, Refused, patiently
from common.secret_names import OPENAI_API_KEY, SIGNING_KEY
from common.signing_keys import first_line
from owner.webhook_secret import WEBHOOK_SECRET, made_up_secret
from voicemint.secrets.openai_key import Secret

from .scripts import run_script
from .steps import Action, Plan, Step

Outcome = Literal["done", "was there", "failed", "left"]
ROUNDS = 3
# OpenAI gives the real webhook secret when a telephone is set up; until then no signature fits the made-up one.
MADE_UP: Mapping[str, Callable[[], str]] = {
    SIGNING_KEY: first_line,
    WEBHOOK_SECRET: made_up_secret,
}
FORBIDDEN = ("org-policy", "forbidden-location")  # by the organization: there may be another way
SCRIPT_TRIES = 3  # a deployment takes minutes, and gcloud has been patient already


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What became of a step. `said` is what a script printed as its result."""

    step: Step
    outcome: Outcome
    seconds: float = 0.0
    said: str = ""
    refused: Refused | None = None

    def as_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {"id": self.step.id, "outcome": self.outcome, "seconds": round(self.seconds, 1)}
        if self.refused:
            failure = self.refused.failure
            told |= {"failure": failure.id, "cause": failure.cause, "fix": failure.fix, "command": self.refused.line}
        return told


@dataclass
class Secrets:
    """The values that steps store. What is made up here is made when it is asked for, and shown to nobody."""

    openai_key: Secret | None = None

    def value(self, name: str) -> str:
        if name in MADE_UP:
            return MADE_UP[name]()
        if name != OPENAI_API_KEY or self.openai_key is None:
            raise AssertionError("a plan that stores the OpenAI key is applied with one")
        return self.openai_key.reveal()


@dataclass
class Applying:
    gcloud: Gcloud
    secrets: Secrets
    backoff: Backoff
    environment: Mapping[str, str] = field(default_factory=dict)  # what scripts are told besides

    def __post_init__(self) -> None:
        self._fresh = FreshRoles(self.backoff)

    def run(self, plan: Plan) -> list[Ended]:
        """Every step of the plan, in order."""
        ended: list[Ended] = []
        missing: set[str] = set()
        for number, step in enumerate(plan.steps, start=1):
            if missing.intersection(step.needs):
                ended.append(Ended(step=step, outcome="left"))
            else:
                say(f"[{number}/{len(plan.steps)}] {step.title}")
                ended.append(self._step(step))
                _tell(ended[-1])
            if ended[-1].outcome in ("failed", "left"):
                missing.update((step.id, *step.provides))
        return ended

    def _step(self, step: Step) -> Ended:
        started = time.monotonic()
        outcome: Outcome = "done"
        said = ""
        try:
            for action in step.actions:
                answer = self._action(step, action)
                if isinstance(answer, Failure):
                    outcome = "was there"
                else:
                    said = answer
        except Refused as refused:
            if not (step.otherwise and refused.failure.id in FORBIDDEN):
                return Ended(step=step, outcome="failed", seconds=time.monotonic() - started, refused=refused)
            return self._otherwise(step, started)
        return Ended(step=step, outcome=outcome, seconds=time.monotonic() - started, said=said)

    def _otherwise(self, step: Step, started: float) -> Ended:
        say(f"      {step.otherwise_title}")
        try:
            for action in step.otherwise:
                say(f"      {action.line}")
                self._action(step, action)
        except Refused as refused:
            return Ended(step=step, outcome="failed", seconds=time.monotonic() - started, refused=refused)
        return Ended(step=step, outcome="done", seconds=time.monotonic() - started)

    def _action(self, step: Step, action: Action) -> str | Failure:
        is_script = action.command[0].startswith("scripts/")
        return patiently(
            lambda: self._once(action),
            self.gcloud.project_id,
            self.backoff.at_most(SCRIPT_TRIES) if is_script else self.backoff,
            done=step.done,
            # A deployment whose answer was lost is sent again by gcloud itself, and finds its own function.
            again=frozenset({"wait", "exists"}) if is_script else frozenset({"wait"}),
            settled=lambda: self._is_settled(action),
            fresh=self._fresh,
        )

    def _once(self, action: Action) -> str:
        program = action.command[0]
        if program == "http":
            Signed.by(self.gcloud).change(action.command[1], action.command[2], action.body, self.backoff)
            return ""
        if action.policy:
            Signed.by(self.gcloud).change_policy(action.policy)
            return ""
        if program.startswith("scripts/"):
            return run_script(action.command, {**self.gcloud.environment, **self.environment})
        # What is pinned cannot be deleted, and what is to be pinned is not there yet.
        gcloud = replace(self.gcloud, configuration=None) if action.command[1] == "config" else self.gcloud
        return gcloud.run(action.command, stdin=self.secrets.value(action.secret) if action.secret else action.text)

    def _is_settled(self, action: Action) -> bool:
        """Whether a creation whose answer was lost has been made all the same."""
        if not action.check:
            return False
        found = patiently(lambda: self.gcloud.read(*action.check), self.gcloud.project_id, self.backoff,
                          done=frozenset({"gone"}))  # fmt: skip
        return not isinstance(found, Failure) and len(found or ()) > action.before


def apply_and_look_again(applying: Applying, plan: Plan, plan_anew: Callable[[], Plan]) -> list[Ended]:
    """Do the plan until a new one is empty: what an answer that was lost has hidden is done in another round."""
    ended: list[Ended] = []
    for _ in range(ROUNDS):
        ended += applying.run(plan)
        if any(step.outcome in ("failed", "left") for step in ended):
            break
        say("Looking whether all is as it should be")
        plan = plan_anew()
        if not plan.steps:
            break
    return ended


def _tell(ended: Ended) -> None:
    if ended.refused:
        say(f"      FAILED: {ended.refused.failure.cause}")
    else:
        say(f"      {ended.outcome}, {ended.seconds:.1f} s")
