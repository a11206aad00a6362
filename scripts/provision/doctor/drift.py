"""What is there beside what infra/ says. A bootstrap's own plan tells: each step that it would do is a finding."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..findings import Finding, Status
from ..steps import Step
from .context import Context, ok
from .glance import group_of

TERMS = (
    "whether this account has accepted Firebase's terms of service cannot be asked: where it never used Firebase, it "
    "does so first at https://console.firebase.google.com"
)
MAX_LINES = 2  # a fix of more commands than these is a bootstrap


class Kind(NamedTuple):
    """What findings are about; `prefixes` of the ids of steps, `groups` of the commands that read it."""

    id: str
    what: str
    prefixes: tuple[str, ...]
    groups: tuple[str, ...]
    reader: str = "roles/viewer"  # a role that may look at it


KINDS = (
    Kind("accounts", "Service accounts", ("account/",), ("iam",)),
    Kind("storage", "Buckets and the image repository", ("bucket/", "repository/", "control"),
         ("storage", "artifacts")),
    Kind("secrets", "Secrets and their versions", ("secret/", "version/", "superseded/"), ("secrets",)),
    Kind("queues", "Queues", ("queue/",), ("tasks",)),
    Kind("bindings", "Who may do what, as infra/iam.txt says", ("binding/", "closed/", "surplus/"),
         ("projects", "iam", "storage", "artifacts", "secrets", "tasks", "run"), "roles/iam.securityReviewer"),
    Kind("hosting", "Firebase and the Hosting site", ("firebase", "site"), ("http",)),
    Kind("monitoring", "Budget, dashboard and alerts", ("budget", "dashboard", "alert/", "channel"),
         ("billing", "monitoring")),
)  # fmt: skip
NOT_URGENT = ("surplus/", "superseded/", "budget", "dashboard", "alert/", "channel")


def drift(context: Context) -> Iterable[Finding]:
    for kind in KINDS:
        refused = [context.unread[group] for group in kind.groups if group in context.unread]
        steps = [step for step in context.steps if _is_of(step, kind) and not _is_unread(step, context)]
        if refused:
            yield context.unasked(kind.id, kind.what, refused[0], kind.reader)
        if steps:
            yield from _findings(context, kind, steps)
        elif not refused:
            yield ok(kind.id, f"{kind.what}: as infra/ says, no more and no less")


def _is_of(step: Step, kind: Kind) -> bool:
    """surplus/alert/… is about alerts; what is too many otherwise is a binding."""
    words = step.id.removeprefix("surplus/")
    about = next((other for other in KINDS if words.startswith(other.prefixes)), None)
    return kind.id == "bindings" if about is None and words != step.id else about == kind


def _is_unread(step: Step, context: Context) -> bool:
    """What could not be read is not judged."""
    return any(group_of(action.command) in context.unread for action in step.actions)


def _findings(context: Context, kind: Kind, steps: Sequence[Step]) -> Iterable[Finding]:
    if not context.begun:
        detail = f"scripts/bootstrap.sh makes it, in {len(steps)} step{'s' if len(steps) != 1 else ''}"
        if any(step.id == "firebase" for step in steps):
            detail += f"; {TERMS}"
        yield Finding(kind.id, "pending", f"{kind.what}: not there yet", detail, context.bootstrap)
        return
    for step in steps:
        status: Status = "warning" if step.id.startswith(NOT_URGENT) else "problem"
        yield Finding(f"{kind.id}:{step.id}", status, _as_lack(step), fix=_fix(context, step))


def _as_lack(step: Step) -> str:
    """A step says what would be done; a finding, that it is not."""
    return f"Not done: {step.title[0].lower()}{step.title[1:]}"


def _fix(context: Context, step: Step) -> str:
    lines = [action.line for action in step.actions]
    simple = len(lines) <= MAX_LINES and not any(action.secret or action.text for action in step.actions)
    return " && ".join(lines) if simple else context.bootstrap
