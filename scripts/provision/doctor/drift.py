"""What is there beside what infra/ says. A bootstrap's own plan tells: each step that it would do is a finding."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..findings import Finding, Status
from ..steps import Step
from .context import Context, ok
from .glance import group_of

MAX_LINES = 2  # a fix of more commands than these is a bootstrap


class Kind(NamedTuple):
    """Findings by what they are about; `prefixes` of the ids of steps, `groups` of the commands that read them."""

    id: str
    title: str
    prefixes: tuple[str, ...]
    groups: tuple[str, ...]


KINDS = (
    Kind("accounts", "The service accounts are there", ("account/",), ("iam",)),
    Kind("storage", "The buckets and the image repository are as infra/ says",
         ("bucket/", "repository/", "control"), ("storage", "artifacts")),
    Kind("secrets", "Each secret has one version that is not destroyed", ("secret/", "version/"), ("secrets",)),
    Kind("queues", "The queues are as infra/queues/ says", ("queue/",), ("tasks",)),
    Kind("bindings", "Who may do what is what infra/iam.txt says, no more and no less", ("binding/", "surplus/"),
         ("projects", "iam", "storage", "artifacts", "secrets", "tasks", "run")),
    Kind("hosting", "It is a Firebase project and has a Hosting site", ("firebase", "site"), ("http",)),
    Kind("monitoring", "The budget, the dashboard and the alerts are there", ("budget", "dashboard", "alert/"),
         ("billing", "monitoring")),
)  # fmt: skip
OF_NO_INTEREST = ("configuration", "services", "invite")  # gcloud's own, judged elsewhere, and the owner's business
NOT_URGENT = ("surplus/", "budget", "dashboard", "alert/")


def drift(context: Context) -> Iterable[Finding]:
    for kind in KINDS:
        refused = [context.unread[group] for group in kind.groups if group in context.unread]
        steps = [step for step in context.steps if _is_of(step, kind) and not _is_unread(step, context)]
        if refused:
            yield context.unasked(kind.id, f"Not all: {kind.title}", refused[0])
        if steps:
            yield from _findings(context, kind, steps)
        elif not refused:
            yield ok(kind.id, kind.title)


def _is_of(step: Step, kind: Kind) -> bool:
    if step.id.startswith("surplus/"):  # surplus/alert/… is about alerts, surplus/builder/… about bindings
        inner = step.id.removeprefix("surplus/")
        of = next((other for other in KINDS if inner.startswith(tuple(f"{word}" for word in other.prefixes))), None)
        return of == kind if of else kind.id == "bindings"
    return step.id.startswith(kind.prefixes)


def _is_unread(step: Step, context: Context) -> bool:
    """What could not be read is not judged."""
    return any(group_of(action.command) in context.unread for action in step.actions)


def _findings(context: Context, kind: Kind, steps: Sequence[Step]) -> Iterable[Finding]:
    if not context.begun:
        title = f"{kind.title}: not yet"
        yield Finding(
            kind.id, "pending", title, f"scripts/bootstrap.sh has {len(steps)} steps for it", context.bootstrap
        )
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
