"""What scripts/bootstrap.sh asks before it does anything."""

from datetime import UTC, datetime

import yaml
from voicemint.agents import load_agents

from ..desired import Desired
from ..findings import Finding
from ..gcloud import ROOT, Gcloud
from .answers import Answer
from .asking import Asker
from .context import Context
from .readings import read
from .table import PREFLIGHT, findings


def preflight(gcloud: Gcloud, desired: Desired) -> list[Finding]:
    """Looks and changes nothing. A bootstrap goes on where no finding is a problem; it takes some seconds."""
    answers = read(desired, Asker(gcloud))
    return findings(context_of(desired, answers, preflight=True), PREFLIGHT)


def context_of(desired: Desired, answers: dict[str, Answer], *, preflight: bool) -> Context:
    """With the agents and runtimes that this folder has. Raises SettingsError."""
    files = sorted((ROOT / "infra" / "functions").glob("*.yaml"))
    runtimes = {file.stem: str(yaml.safe_load(file.read_text(encoding="utf-8"))["--runtime"]) for file in files}
    return Context(
        desired=desired,
        agents=load_agents(),
        runtimes=runtimes,
        answers=answers,
        today=datetime.now(UTC).date(),
        preflight=preflight,
    )
