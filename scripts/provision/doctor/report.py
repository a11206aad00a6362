"""The findings as text and as JSON."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..findings import Finding

SCHEMA = 1
MARKS = {"ok": "ok", "pending": "later", "unknown": "?", "warning": "warning", "problem": "PROBLEM"}


def as_text(findings: Sequence[Finding]) -> str:
    return "\n".join(line for finding in findings for line in _lines(finding))


def _lines(finding: Finding) -> list[str]:
    lines = [f"{MARKS[finding.status]:<8} {finding.title}"]
    if finding.detail:
        lines.append(f"{'':<8} {finding.detail}")
    if finding.fix and finding.status not in ("ok", "pending"):
        lines.append(f"{'':<8} fix: {finding.fix}")
    return lines


def as_json(project_id: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """Stable: a later `schema` adds fields, or has another number."""
    return {
        "schema": SCHEMA,
        "project_id": project_id,
        "counts": counts(findings),
        "findings": [finding.as_dict() for finding in findings],
    }


def counts(findings: Sequence[Finding]) -> dict[str, int]:
    found = Counter(finding.status for finding in findings)
    return {status: found[status] for status in MARKS}  # type: ignore[index]  # MARKS' keys are the statuses


def verdict(findings: Sequence[Finding], bootstrap: str) -> str:
    """One sentence: what to do now."""
    found = counts(findings)
    problems = f"{found['problem']} problem{'s' if found['problem'] != 1 else ''}"
    if found["problem"]:
        return f"{problems}: start with the first fix above."
    more = f"; {found['warning']} to know of" if found["warning"] else ""
    if found["pending"]:
        return f"Nothing stands in the way. What is marked `later`, the bootstrap makes: {bootstrap}{more}"
    return f"All is well{more}."
