"""The command line of scripts/stop.sh."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from common.command_line import CommandLine
from common.console import EXIT_FAILED, run, say, show
from voicemint.control.stop_switch import CONTROL_OBJECT
from voicemint.openai.api import CLIENT_SECRET_TTL_SECONDS

from .control_state import IN_FORCE, change_control, read_control
from .live_calls import SUCCESSES, hang_up_all, logged_calls, registered_calls, utc_now
from .openai_key import key_in_use
from .project import Project, add_project_options, project_of

OPENAI_KEYS = "https://platform.openai.com/api-keys"


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    project = project_of(options)
    if options.status:
        return show_status(project)
    if options.resume:
        return resume(project)
    stop(project)
    try:
        return 0 if options.no_hang_up else hang_up(project)
    finally:
        say(what_next(project))


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = CommandLine("scripts/stop.sh")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--resume", action="store_true")
    what.add_argument("--status", action="store_true")
    what.add_argument("--no-hang-up", action="store_true")
    add_project_options(parser)
    return parser.parse_args(arguments)


def show_status(project: Project) -> int:
    state = read_control(project.control_bucket)
    if state is None:
        show(f"stopped (there is no {CONTROL_OBJECT} yet, which counts as stopped)")
    else:
        show("stopped" if state.stopped else "running")
    return 0


def stop(project: Project) -> None:
    say(f"Writing the stop to {CONTROL_OBJECT}")
    try:
        change_control(project.control_bucket, lambda state: replace(state, stopped=True))
    except BaseException:
        say(
            f"NOT stopped. The other way to stop all spending at once: revoke the OpenAI key at {OPENAI_KEYS}, and "
            f"later store a new one: {project.command('rotate-key.sh', 'openai')}"
        )
        raise
    show(f"Stopped: no new calls, {IN_FORCE}.")


def resume(project: Project) -> int:
    change_control(project.control_bucket, lambda state: replace(state, stopped=False))
    show(f"Running: calls are allowed again, {IN_FORCE}.")
    return 0


def hang_up(project: Project) -> int:
    """Those that the server knows first: the log can be so long that looking through it takes a minute."""
    say("Hanging up the calls that the server knows")
    registered, all_registered = registered_calls(project.control_bucket, utc_now())
    outcomes = _hang_up(project, registered)
    say(f"Those were {len(registered)}. Looking in the log for others")
    logged, all_logged = logged_calls(project.payload_bucket, utc_now())
    known = set(registered)
    outcomes += _hang_up(project, [call for call in logged if call not in known])
    complete = all_registered and all_logged
    if not complete:
        say("Note: there is too much to look through in time; some calls may have been missed. Run this again.")
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    show(f"Calls: {told or 'none known'}.")
    return 0 if complete and outcomes.keys() <= set(SUCCESSES) else EXIT_FAILED


def _hang_up(project: Project, calls: Sequence[str]) -> Counter[str]:
    if not calls:
        return Counter()
    return hang_up_all(calls, project.settings.openai_base_url, key_in_use(project))


def what_next(project: Project) -> str:
    rotate, seconds = project.command("rotate-key.sh"), CLIENT_SECRET_TTL_SECONDS
    return f"""\
Somebody whose page was about to open a call may still open it during the next {seconds} s: run this again in a minute
or two, to hang up that one too. A call that nobody registered and that logs nothing is not known here; it ends after
60 minutes at most.

If the OpenAI key leaked    revoke it at {OPENAI_KEYS}, which ends its use at once; then store a new one:
                            {rotate} openai
If a link or device leaked  {project.command("invite.sh", "--revoke")} NAME, or all instead of a name
If the signing key leaked   {rotate} signing, then {rotate} signing --retire
To see what it cost         https://platform.openai.com/usage and {project.command("limits.sh")}
When it is over             {project.command("stop.sh", "--resume")}"""


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
