"""A plan as data: ordered steps, each with the exact command lines that it would run."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from common.failures import Kind
from common.google_api import PolicyChange
from common.secret_names import OPENAI_API_KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One command: gcloud, a script of ours, or requests that no command makes: `http`, method, URL; or `policy`, the
    group of gcloud's commands that it is about, and what is changed, as `policy` says.

    `secret` and `text` are what it reads on stdin; a secret is looked up when it is needed, and is in no plan.

    `check` is a reading gcloud command that lists what a creation makes, `before` how many there were: for creations
    that would make a second one when they are tried again after an answer was lost.
    """

    command: tuple[str, ...]
    secret: str | None = None
    text: str = ""
    text_from: str = ""  # a command that makes the same text, where that is too long to read
    check: tuple[str, ...] = ()
    before: int = 0
    body: Mapping[str, Any] | None = None  # what `http` sends
    policy: PolicyChange | None = None
    shown: tuple[str, ...] = ()  # the gcloud lines that a script of ours runs

    @property
    def line(self) -> str:
        """As the owner could type it."""
        if self.policy:
            return self.policy.line
        if self.command[0] == "http":
            data = f" --json {shlex.quote(json.dumps(self.body))}" if self.body else ""
            return f"curl --request {self.command[1]} {shlex.quote(self.command[2])}{data}  # and gcloud's access token"
        line = shlex.join(self.command)
        if self.secret:
            return f"{line}  # the value comes on stdin and is never shown"
        if self.text:
            return f"{self.text_from or f'printf %s {shlex.quote(self.text)}'} | {line}"
        return line


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`id` stays the same from run to run. `needs` are ids, or names in another's `provides`: done before.

    `done` are kinds of failures that mean that there is nothing to do. `otherwise` runs instead where an organization
    policy forbids the actions, and `otherwise_title` says so.
    """

    id: str
    title: str
    actions: tuple[Action, ...]
    needs: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    done: frozenset[Kind] = frozenset()
    otherwise: tuple[Action, ...] = ()
    otherwise_title: str = ""
    removes: bool = False

    @property
    def lines(self) -> list[str]:
        return [line for action in self.actions for line in (action.line, *(f"    {shown}" for shown in action.shown))]

    def needing(self, needs: tuple[str, ...]) -> "Step":
        return replace(self, needs=needs)

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "commands": self.lines,
            "needs": list(self.needs),
            "removes": self.removes,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """`notes` are sentences about what the plan leaves as it is, and why."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()

    @property
    def needs_openai_key(self) -> bool:
        return any(action.secret == OPENAI_API_KEY for step in self.steps for action in step.actions)
