"""infra/ as values."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
FUNCTIONS: dict[str, dict[str, Any]] = {
    file.stem: yaml.safe_load(file.read_text()) for file in sorted((INFRA / "functions").iterdir())
}
_HOSTING = json.loads((ROOT / "web/firebase.json").read_text())["hosting"]
REWRITES = [rewrite["run"] for rewrite in _HOSTING["rewrites"]]
LEADS_TO: dict[str, str] = {rewrite["source"]: rewrite["run"]["serviceId"] for rewrite in _HOSTING["rewrites"]}
PUBLIC = {rewrite["serviceId"] for rewrite in REWRITES}
PRIVATE = {"watch-call"}  # called by Cloud Tasks and by nobody else


class Binding(NamedTuple):
    member: str
    role: str
    resource: str


def lines(text: str) -> list[str]:
    """Those that say something: no comment, not empty."""
    return [line for line in (line.partition("#")[0].strip() for line in text.splitlines()) if line]


def bindings(text: str) -> list[Binding]:
    """Raises TypeError for a line that is not member, role, resource."""
    return [Binding(*line.split()) for line in lines(text)]


IAM = bindings((INFRA / "iam.txt").read_text())
