"""Plans, findings and results as text and as JSON."""

import shlex
from collections.abc import Sequence
from typing import Any

from common.gcloud import Gcloud
from common.names import Names

from .apply import Ended
from .findings import Finding
from .steps import Plan

SCHEMA = 1
MAX_QUOTED_LINES = 12


def plan_text(gcloud: Gcloud, plan: Plan, *, nothing: str) -> str:
    """Every step with the exact command lines; `nothing` is what is said of an empty plan."""
    lines = [f"Note: {note}" for note in plan.notes]
    if not plan.steps:
        return "\n".join([*lines, nothing])
    pin = shlex.quote(gcloud.pinned().configuration or "")
    lines += [
        f"The plan, {len(plan.steps)} steps. To run a line yourself: export CLOUDSDK_ACTIVE_CONFIG_NAME={pin}",
        "",
    ]
    for number, step in enumerate(plan.steps, start=1):
        lines.append(f"{number:>3}. {step.title}{' (REMOVES)' if step.removes else ''}")
        lines += [f"       {line}" for line in step.lines]
    return "\n".join(lines) + "\n"


def findings_text(findings: Sequence[Finding]) -> str:
    return "\n".join(
        f"  {finding.status}: {finding.title}"
        + (f"\n    {finding.detail}" if finding.detail else "")
        + (f"\n    fix: {finding.fix}" if finding.fix else "")
        for finding in findings
    )


def failed_text(ended: Sequence[Ended], script: str) -> str:
    """What failed and why, how to mend it, what was done and what is left. The same failure is explained once."""
    lines = [""]
    failures: dict[tuple[str, str], list[Ended]] = {}
    for step in ended:
        if step.refused:
            failures.setdefault((step.refused.failure.cause, step.refused.failure.fix), []).append(step)
    for (cause, fix), steps in failures.items():
        lines += [*(f"FAILED: {step.step.title}" for step in steps), *_details(steps[0])]
        lines += [f"  why:  {cause}", f"  fix:  {fix}"]
    for outcomes, word in ((("done", "was there"), "Done"), (("left",), "Left")):
        titles = [step.step.title for step in ended if step.outcome in outcomes]
        count = f"{len(titles)} {'step' if len(titles) == 1 else 'steps'}"
        lines += [f"{word}: {count}", *(f"  - {title}" for title in titles)]
    return "\n".join([*lines, f"When it is mended, run {script} again: it does what is left."])


def _details(failed: Ended) -> list[str]:
    if failed.refused is None:
        return []
    words = failed.refused.text.splitlines()[-MAX_QUOTED_LINES:]
    return [f"  command: {failed.refused.line}", *(f"  | {line}" for line in words)]


def result_json(names: Names, plan: Plan, ended: Sequence[Ended], ending: dict[str, Any] | None) -> dict[str, Any]:
    """Stable: a later `schema` adds fields, or has another number. `result` is null for a plan that was not applied."""
    failed = any(step.outcome in ("failed", "left") for step in ended)
    return {
        "schema": SCHEMA,
        "project_id": names.project_id,
        "plan": {"steps": [step.as_dict() for step in plan.steps], "notes": list(plan.notes)},
        "result": None if ending is None else {"ok": not failed, "steps": [step.as_dict() for step in ended], **ending},
    }
