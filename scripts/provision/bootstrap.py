"""The command line of scripts/bootstrap.sh."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from common.command_line import CommandLine
from common.console import EXIT_FAILED, CommandFailed, run, say, show
from common.gcloud import ROOT, Gcloud
from common.invite_words import checked_name
from common.names import read_names, remember
from common.project_env import project_env_file
from common.retry import Backoff

from .apply import Applying, Ended, Secrets, apply_and_look_again
from .configuration import refuse_secrets
from .confirm import agree, confirm_project, refuse_wrong_project
from .deployment import read_deployment
from .desired import Desired, read_desired
from .doctor.preflight import preflight
from .ending import Ending, as_text, ending_of
from .findings import Finding
from .key import given_key, key_state, prompted_key
from .plan import Bootstrap, Wish
from .reading import Reader
from .reality import Reality
from .report import failed_text, findings_text, plan_text, result_json
from .steps import Plan
from .strangers import check_adopted, stranger_findings

FIRST_GUEST = "First guest"
NOTHING = "Nothing to do: the project is as infra/ says."


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
    parser = CommandLine("scripts/bootstrap.sh")
    parser.add_argument("--project", metavar="ID")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--yes", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--adopt", action="append", default=[], metavar="KIND/NAME")
    parser.add_argument("--invite", type=checked_name, default=FIRST_GUEST, metavar="NAME")
    return parser.parse_args(arguments)


@dataclass
class Command:
    """One run: look, plan, ask, do, look again."""

    options: argparse.Namespace

    def __post_init__(self) -> None:
        self.project_env: Path = project_env_file(os.environ)
        self.desired: Desired = read_desired(ROOT, read_names(os.environ, self.project_env, self.options.project))
        self.adopted: frozenset[str] = check_adopted(self.desired, self.options.adopt)
        self.backoff = Backoff.from_environ()
        self.gcloud = Gcloud(self.desired.names.project_id)
        self.secrets = Secrets()
        self.ended: list[Ended] = []
        self.seen: Reality  # by the newest look

    def run(self) -> int:
        reality = self.look()
        refuse_wrong_project(self.desired.names, reality.identity)
        self.secrets.openai_key = None if self.options.dry_run else given_key(sys.stdin)
        plan = self.plan(reality)
        strangers = stranger_findings(self.desired, reality, self.adopted)
        if plan.steps or strangers:
            self.refuse_problems(strangers)
        show_plan = say if self.options.json else show
        nothing = "Nothing to do: the project is as infra/ says, but for what is named above."
        show_plan(plan_text(self.gcloud, plan, nothing=nothing if strangers else NOTHING))
        if self.options.dry_run:
            return self.end(plan, None)
        self.confirm(plan, reality)
        if plan.steps:
            self.apply(plan)
        return self.end(plan, ending_of(self.desired, self.ended, self.seen))

    def look(self) -> Reality:
        say(f"Looking at {self.gcloud.project_id}")
        reality = self.seen = Reader(self.gcloud, self.desired, self.backoff).read()
        self.desired = self.desired.at_site(reality.default_site)
        refuse_secrets(reality.configurations, os.environ)
        if reality.configurations.is_pinned:
            self.gcloud = self.gcloud.pinned()
        return reality

    def plan(self, reality: Reality) -> Plan:
        key = key_state(self.gcloud, reality, self.secrets.openai_key)
        wish = Wish(account=reality.active_account, key=key, guest=self.options.invite, adopted=self.adopted)
        deployment = read_deployment(self.gcloud, self.desired, reality)
        return Bootstrap(self.gcloud, self.desired, reality, deployment, wish).plan()

    def refuse_problems(self, strangers: list[Finding]) -> None:
        """What a bootstrap would fail at, or may not touch, before anything is done."""
        say("Looking for what would stop it")
        looked = [*preflight(self.gcloud, self.desired, key_given=self.secrets.openai_key is not None), *strangers]
        found = [finding for finding in looked if finding.status not in ("ok", "pending")]
        if found:
            say(findings_text(found))
        problems = [finding for finding in found if finding.status == "problem"]
        if problems and not self.options.dry_run:
            raise CommandFailed(
                happened=f"Something is in the way: {'; '.join(problem.title for problem in problems)}",
                todo=f"Nothing was changed. First: {problems[0].fix}",
            )

    def confirm(self, plan: Plan, reality: Reality) -> None:
        """Everything that needs a person, before the first change: the project, the key, the plan."""
        ask = partial(agree, yes=self.options.yes)
        confirmed = confirm_project(self.gcloud, self.desired, reality, ask)
        if plan.needs_openai_key and self.secrets.openai_key is None:
            self.secrets.openai_key = prompted_key(sys.stdin, reality)
        if plan.steps:
            ask(f"Do these {len(plan.steps)} steps?")
        if confirmed:
            remember(self.project_env, confirmed)

    def apply(self, plan: Plan) -> None:
        self.gcloud = self.gcloud.pinned()
        environment = {**self.desired.names.environment, "PROJECT_ENV": str(self.project_env)}
        applying = Applying(self.gcloud, self.secrets, self.backoff, environment)
        self.ended = apply_and_look_again(applying, plan, lambda: self.plan(self.look()))

    def end(self, plan: Plan, ending: Ending | None) -> int:
        failed = [ended for ended in self.ended if ended.outcome in ("failed", "left")]
        if self.options.json:
            told = result_json(self.desired.names, plan, self.ended, ending.as_dict() if ending else None)
            show(json.dumps(told, indent=2, ensure_ascii=False))
        if failed:
            say(failed_text(self.ended, "scripts/bootstrap.sh"))
            return EXIT_FAILED
        if ending and not self.options.json:
            show(as_text(ending, colours=sys.stdout.isatty()))
        return 0


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
