"""Application Default Credentials: what is wrong with those that are here. Looks at the file only, and asks nobody.

They are of no use to the commands here as long as gcloud is signed in; other programs, Google's own clients among them,
take them before anything else.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from common.gcloud_network import gcloud_folder

VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
FILE = "application_default_credentials.json"
UNSET = f"unset {VARIABLE}"
SIGN_IN = "gcloud auth application-default login"


@dataclass(frozen=True, slots=True)
class Flaw:
    """`what` is a sentence without its full stop; `fix` a command."""

    what: str
    fix: str


def flaw(environ: Mapping[str, str], project_id: str) -> Flaw | None:
    """None where they are sound, and where there are none."""
    named = environ.get(VARIABLE)
    file = Path(named) if named else gcloud_folder(environ) / FILE
    if not file.is_file():
        return Flaw(f"{VARIABLE} names {file}, which is not there", UNSET) if named else None
    return _flaw_of(file, project_id, repair=UNSET if named else SIGN_IN)


def _flaw_of(file: Path, project_id: str, repair: str) -> Flaw | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict) or not content.get("type"):
        return Flaw(f"the Application Default Credentials in {file} cannot be read", repair)
    quota = content.get("quota_project_id", project_id)
    if quota != project_id:
        fix = f"gcloud auth application-default set-quota-project {project_id}"
        return Flaw(f"the Application Default Credentials in {file} count as the project {quota}'s", fix)
    return None
