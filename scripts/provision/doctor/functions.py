"""The functions: live, and current."""

from collections.abc import Iterable, Mapping
from typing import Any

from common.fingerprint import LABEL

from ..findings import Finding
from .answers import Refusal
from .context import Context, ok

LOGS = "gcloud functions logs read {name} --project={project} --region={region}"


def functions(context: Context) -> Iterable[Finding]:
    answer = context.of("functions")
    if not answer.ok and answer.refusal is not Refusal.API_OFF:
        yield context.unasked("functions", "The functions", answer)
        return
    live = {function["name"].rpartition("/")[2]: function for function in answer.value or []}
    for name in context.desired.functions:
        yield judge_function(context, name, live.get(name))


def judge_function(context: Context, name: str, live: Mapping[str, Any] | None) -> Finding:
    finding_id, deploy = f"function:{name}", f"scripts/deploy.sh --project {context.project_id} {name}"
    if live is None:
        return context.missing(finding_id, f"The function {name}", deploy)
    if (state := live.get("state")) != "ACTIVE":
        said = "; ".join(str(message.get("message", "")) for message in live.get("stateMessages", []))
        return Finding(finding_id, "problem", f"The function {name} is {state}, not ACTIVE", said, deploy)
    if live.get("labels", {}).get(LABEL) != context.fingerprints[name]:
        title = f"The function {name} is live, but not with the sources and settings that are here"
        return Finding(finding_id, "warning", title, "they differ from what was deployed", deploy)
    return ok(finding_id, f"The function {name} is live and current")
