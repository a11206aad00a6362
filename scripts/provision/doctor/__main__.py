"""The command line of scripts/doctor.sh."""

import argparse
import json
import os
import sys
from collections.abc import Sequence

from common.command_line import CommandLine
from common.console import EXIT_FAILED, run, say, show
from common.gcloud import ROOT, Gcloud
from common.names import read_names
from common.project_env import project_env_file

from ..desired import read_desired
from .looking import look_at_all
from .report import as_json, as_text, verdict
from .table import EVERYTHING, findings


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    desired = read_desired(ROOT, read_names(os.environ, project_env_file(os.environ), options.project))
    say(f"Looking at {desired.names.project_id}; nothing is changed")
    context = look_at_all(Gcloud(desired.names.project_id), desired)
    found = findings(context, EVERYTHING)
    if options.json:
        show(json.dumps(as_json(context.project_id, found), indent=2, ensure_ascii=False))
    else:
        show(as_text(found))
        say(f"\n{verdict(found, context.bootstrap)}")
    return EXIT_FAILED if any(finding.status == "problem" for finding in found) else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = CommandLine("scripts/doctor.sh")
    parser.add_argument("--project", metavar="ID")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
