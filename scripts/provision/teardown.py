"""The command line of scripts/teardown.sh."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from common.command_line import CommandLine
from common.console import EXIT_FAILED, CommandFailed, run, say, show
from common.gcloud import ROOT, Gcloud
from common.names import read_names
from common.project_env import project_env_file
from common.retry import Backoff

from .apply import Applying, Ended, Secrets, apply_and_look_again
from .confirm import refuse_another_project
from .desired import Desired, read_desired
from .reading import Reader
from .reality import Reality
from .report import failed_text, plan_text, result_json
from .steps import Plan
from .teardown_plan import Teardown


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does, and takes its children along
    try:
        return Command(options).run()
    except CommandFailed as error:
        if options.json:
            show(json.dumps({"schema": 1, "error": str(error)}, ensure_ascii=False))
        raise


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = CommandLine("scripts/teardown.sh")
    parser.add_argument("--project", metavar="ID")
    parser.add_argument("--delete-data", action="store_true")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--yes", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if options.yes and not options.project:
        parser.error("--yes needs --project ID: nothing is deleted from a project that nobody has named")
    return options


@dataclass
class Command:
    """One run: look, plan, ask for the project's id, do, look again."""

    options: argparse.Namespace

    def __post_init__(self) -> None:
        self.project_env: Path = project_env_file(os.environ)
        self.desired: Desired = read_desired(ROOT, read_names(os.environ, self.project_env, self.options.project))
        self.backoff = Backoff.from_environ()
        self.gcloud = Gcloud(self.desired.names.project_id)
        self.ended: list[Ended] = []

    def run(self) -> int:
        reality = self.look()
        refuse_another_project(self.desired.names, reality.identity)
        plan = self.plan(reality)
        show_plan = say if self.options.json else show
        show_plan(plan_text(self.gcloud, plan, nothing="Nothing to do: nothing of Voicemint is left."))
        if plan.steps and not self.options.dry_run:
            self.confirm()
            applying = Applying(self.gcloud, Secrets(), self.backoff)
            self.ended = apply_and_look_again(applying, plan, lambda: self.plan(self.look()))
        return self.end(plan)

    def look(self) -> Reality:
        say(f"Looking at {self.gcloud.project_id}")
        reality = Reader(self.gcloud, self.desired, self.backoff, for_teardown=True).read()
        self.gcloud = (
            self.gcloud.pinned() if reality.configurations.is_pinned else replace(self.gcloud, configuration=None)
        )
        return reality

    def plan(self, reality: Reality) -> Plan:
        return Teardown(self.gcloud, self.desired, reality, self.options.delete_data).plan()

    def confirm(self) -> None:
        """Raises CommandFailed unless the project's id was typed, or said on the command line together with --yes."""
        project_id = self.gcloud.project_id
        if self.options.yes:
            return
        if not sys.stdin.isatty():
            raise CommandFailed(
                happened="There is no terminal on which to type the project's id",
                todo=f"Nothing was changed. Read the plan with --dry-run, then say --yes --project {project_id}.",
            )
        say(f"To delete this, type the project's id ({project_id}): ")
        typed = sys.stdin.readline().strip()
        if typed != project_id:
            raise CommandFailed(
                happened=f"Cancelled, because {typed!r} is not {project_id}", todo="Nothing was changed."
            )

    def end(self, plan: Plan) -> int:
        if self.options.json:
            told = result_json(self.desired.names, plan, self.ended, None if self.options.dry_run else {})
            show(json.dumps(told, indent=2, ensure_ascii=False))
        if any(ended.outcome in ("failed", "left") for ended in self.ended):
            say(failed_text(self.ended, "scripts/teardown.sh"))
            return EXIT_FAILED
        if self.ended:
            say("Done: nothing of Voicemint is left" + ("." if self.options.delete_data else ", but for the data."))
        return 0


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
