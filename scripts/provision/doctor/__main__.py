"""The command line of scripts/doctor.sh."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from owner.console import EXIT_FAILED, run, say, show

from ..desired import read_desired
from ..findings import Finding
from ..gcloud import ROOT, Gcloud
from ..names import read_names
from .asking import Asker
from .context import Context
from .preflight import context_of
from .readings import read
from .report import as_json, as_text, verdict
from .table import PREFLIGHT, findings


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    context = look(options.project)
    found: list[Finding] = findings(context, PREFLIGHT)
    if options.json:
        show(json.dumps(as_json(context.project_id, found), indent=2, ensure_ascii=False))
    else:
        show(as_text(found))
        say(f"\n{verdict(found, context.bootstrap)}")
    return EXIT_FAILED if any(finding.status == "problem" for finding in found) else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False, prog="scripts/doctor.sh", description=__doc__)
    parser.add_argument("--project", metavar="ID", help="the project, instead of PROJECT_ID")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of text")
    return parser.parse_args(arguments)


def look(project_id: str | None) -> Context:
    """Everything that a check may ask about. Raises CommandFailed where no project is named."""
    project_env = Path(os.environ.get("PROJECT_ENV") or ROOT / "infra" / "project.env")
    desired = read_desired(ROOT, read_names(os.environ, project_env, project_id))
    gcloud = Gcloud(desired.names.project_id)
    say(f"Looking at {desired.names.project_id}; nothing is changed")
    return context_of(desired, read(desired, Asker(gcloud)), preflight=False)


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
