"""The command line of scripts/invite.sh."""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from common.command_line import CommandLine
from common.console import CommandFailed, run, say, show
from common.invite_words import ONLY_HERE, checked_name, opens_here_only, qr_code
from common.secret_names import SIGNING_KEY
from google.api_core.exceptions import PreconditionFailed
from voicemint.access.invites import INVITE_SECONDS, make_invite
from voicemint.access.person import Person
from voicemint.control.stop_switch import CONTROL_OBJECT, ControlState
from voicemint.secrets.signing import SigningKeys

from .control_state import IN_FORCE, RETRY, TIMEOUT_SECONDS, change_control, read_control
from .people import Guest, as_table, guests_in, moment, with_sign_outs
from .project import Project, add_project_options, project_of
from .secret_versions import Versions
from .usage import Used, used_today

EVERYBODY = "all"
EXAMPLE_NAME = "Ana's iPad"
MAX_NAMES_SHOWN = 20
COLUMNS = ("name", "person", "invited", "let in", "calls today", "minutes today", "safety identifier", "now")
WHAT_THE_COLUMNS_SAY = (
    "person is the name in the functions' logs and in the payloads, safety identifier is the one at OpenAI. Calls are "
    "client secrets and calls that were given out today (UTC), at most: functions take some ahead."
)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    project = project_of(options)
    if options.list:
        return list_guests(project)
    if options.revoke:
        return revoke_everybody(project) if options.revoke == EVERYBODY else revoke(project, options.revoke)
    return invite(project, options.name)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = CommandLine("scripts/invite.sh")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("name", nargs="?", type=checked_name, metavar="NAME")
    what.add_argument("--list", action="store_true")
    what.add_argument("--revoke", type=checked_name, metavar="NAME|all")
    add_project_options(parser)
    return parser.parse_args(arguments)


def invite(project: Project, name: str) -> int:
    if name == EVERYBODY:
        raise CommandFailed(
            happened=f"{EVERYBODY!r} cannot be a person's name, because --revoke takes it for everybody",
            todo="Add another word to it.",
        )
    say("Reading the key that signs links")
    keys = SigningKeys(Versions(project, SIGNING_KEY).latest().text)
    state = read_control(project.control_bucket)
    made, text = make_invite(keys, name, (state or ControlState()).epoch)
    remember(project, *made.record())
    link = f"{project.site_url}/#i={text}"
    show(link)
    say(ONLY_HERE if opens_here_only(link) else qr_code(link, colours=sys.stderr.isatty()))
    say(
        f"For {name}: the link works once, within {INVITE_SECONDS // 3600} hours. Who first opens it and taps is "
        f"signed in for {'a day' if project.local else '30 days'}: send it to nobody else.\n"
        f"Undo: {project.command('invite.sh', '--revoke', name)}"
    )
    warn_when_closed(project, state)
    return 0


def remember(project: Project, object_name: str, record: bytes) -> None:
    """Before the link is shown: what is not on record could not be revoked by name."""
    with suppress(PreconditionFailed):  # written by a try whose answer was lost: nobody else has this id
        project.control_bucket.blob(object_name).upload_from_string(
            record, content_type="application/json", if_generation_match=0, timeout=TIMEOUT_SECONDS, retry=RETRY
        )


def warn_when_closed(project: Project, state: ControlState | None) -> None:
    if state is None or state.stopped:
        why = "everything is stopped" if state else f"there is no {CONTROL_OBJECT} yet, which counts as stopped"
        say(f"Note: {why}. Allow calls: {project.command('stop.sh', '--resume')}")


def list_guests(project: Project) -> int:
    state = read_control(project.control_bucket) or ControlState()
    guests = guests_in(project.control_bucket)
    if not guests:
        say(f"Nobody was invited yet. Invite somebody: {project.command('invite.sh', EXAMPLE_NAME)}")
        return 0
    state = with_sign_outs(state, project.control_bucket)
    used = used_today(project.control_bucket, [guest.guest_id for guest in guests], datetime.now(UTC))
    rows = [row_of(guest, used[guest.guest_id], state) for guest in guests]
    show(as_table([COLUMNS, *rows]))
    say(WHAT_THE_COLUMNS_SAY)
    return 0


def row_of(guest: Guest, used: Used, state: ControlState) -> tuple[str, ...]:
    person = Person(guest.guest_id, guest.name)
    times = moment(guest.invited_at), moment(guest.redeemed_at)
    counted = str(used.calls), str(used.minutes)
    return guest.name, guest.guest_id, *times, *counted, person.safety_identifier, guest.status(state, time.time())


def revoke(project: Project, name: str) -> int:
    guests = guests_in(project.control_bucket)
    ids = {guest.guest_id for guest in guests if guest.name == name}
    if not ids:
        names = ", ".join(sorted({guest.name for guest in guests})[:MAX_NAMES_SHOWN])
        raise CommandFailed(
            happened=f"Nobody named {name!r} was invited",
            todo=f"There is: {names or 'nobody'}. See {project.command('invite.sh', '--list')}",
        )
    change_control(project.control_bucket, lambda state: replace(state, revoked=state.revoked | ids))
    say(f"Revoked {name} ({len(ids)} {'invite' if len(ids) == 1 else 'invites'}): {IN_FORCE}.")
    say_what_goes_on(project)
    return 0


def revoke_everybody(project: Project) -> int:
    change_control(project.control_bucket, lambda state: replace(state, epoch=state.epoch + 1))
    say(f"Everybody is signed out and every unused link is void: {IN_FORCE}. Invite again who should come back.")
    say_what_goes_on(project)
    return 0


def say_what_goes_on(project: Project) -> None:
    say(f"A call that is going on ends by itself, after 60 minutes at most. {project.command('stop.sh')} hangs up now.")


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
