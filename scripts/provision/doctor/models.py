"""Models retire. OpenAI says when: `shutdown_date` of GET /v1/models, YYYY-MM-DD, or null while none is announced."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from ..findings import Finding
from .answers import Answer
from .context import Context, ok

WARN = timedelta(days=90)
REPLACEMENTS = "https://developers.openai.com/api/docs/deprecations"


def models(context: Context) -> Iterable[Finding]:
    known = shutdown_dates(context.of("models"))
    if known is None:
        return
    used: dict[str, list[str]] = {}
    for name, agent in sorted(context.agents.items()):
        for model in (agent.model, agent.transcription):
            used.setdefault(model, []).append(name)
    for model, agents in used.items():
        yield judge_model(model, agents, known, context.today)


def shutdown_dates(answer: Answer) -> Mapping[str, str | None] | None:
    """By model; None where OpenAI did not list its models."""
    if not answer.ok or answer.value.status_code != 200:
        return None
    return {model["id"]: model.get("shutdown_date") for model in answer.value.json()["data"]}


def judge_model(model: str, agents: Iterable[str], known: Mapping[str, str | None], today: date) -> Finding:
    files = ", ".join(f"functions/agents/{agent}.toml" for agent in agents)
    fix = f"Choose another in {files}, then scripts/deploy.sh: {REPLACEMENTS}"
    finding_id = f"model:{model}"
    if model not in known:
        title = f"This key knows no model {model}"
        return Finding(finding_id, "problem", title, "it is retired, misspelt, or not allowed for the key", fix)
    if (ends := _date(known[model])) is None:
        return ok(finding_id, f"The model {model} is there, and no end is announced")
    if ends <= today:
        return Finding(finding_id, "problem", f"The model {model} was shut down on {ends}", "", fix)
    if ends - today <= WARN:
        title = f"The model {model} is shut down on {ends}, in {(ends - today).days} days"
        return Finding(finding_id, "warning", title, "", fix)
    return ok(finding_id, f"The model {model} is there until {ends}")


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
