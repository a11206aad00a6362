"""Replacing the key that signs invites and sessions, without signing anybody out."""

import sys
import time
from collections.abc import Callable

from common.console import CommandFailed, say, show, wait
from common.secret_names import SIGNING_KEY
from common.signing_keys import id_of, new_line, parse_lines, unfinished, with_signer, with_verifier
from voicemint.control.stop_switch import ControlState
from voicemint.secrets.signing import SigningKeys

from .control_state import read_control
from .people import Guest, guests_in, moment, with_sign_outs
from .project import Project
from .secret_versions import Versions

Check = Callable[[SigningKeys], None]


class SigningRotation:
    """`check` raises CommandFailed where the site does not take what the first of the given keys signs."""

    def __init__(self, project: Project, overlap_seconds: int, check: Check) -> None:
        self._project = project
        self._versions = Versions(project, SIGNING_KEY)
        self._overlap_seconds = overlap_seconds
        self._check = check

    def rotate(self) -> int:
        lines = parse_lines(self._versions.latest().text)
        new = unfinished(lines)
        if new is None:
            new = new_line(lines)
            lines = with_verifier(lines, new)
            self._publish(lines, f"the site accepts what {id_of(new)} signs, and still signs with {id_of(lines[0])}")
        else:
            say(f"Going on with the key {id_of(new)}, which an earlier run made and the site does not sign with yet.")
            wait(self._overlap_seconds, "every running copy of the functions reads it")
        self._check(SigningKeys(new))
        lines = with_signer(lines, new)
        number = self._publish(lines, f"the site signs with {id_of(new)}, and accepts what older keys have signed")
        self._finish(lines, number)
        show(f"Done: new links and sign-ins are signed with the new key, {id_of(new)}. Nobody was signed out.")
        retire = self._project.command("rotate-key.sh", "signing", "--retire")
        say(
            f"What older keys have signed still lets people in. To end that: {retire}\n"
            "Wait 30 days with it, and nobody is signed out."
        )
        return 0

    def retire(self, *, confirmed: bool) -> int:
        latest = self._versions.latest()
        lines = parse_lines(latest.text)
        if unfinished(lines):
            raise CommandFailed(
                happened="An earlier run of this ended half-way", todo="Finish it first: run this without --retire."
            )
        if len(lines) == 1:
            show(f"Nothing to retire: {id_of(lines[0])} is the only key.")
            return self._finish(lines, latest.number)
        self._say_who_is_signed_out(self._versions.created_at(latest.number) + self._overlap_seconds)
        if not confirmed:
            confirm()
        number = self._publish(lines[:1], f"the site accepts what {id_of(lines[0])} signs, and nothing else")
        show(f"Retired: {', '.join(map(id_of, lines[1:]))}. Links and sign-ins that were signed with it are void.")
        return self._finish(lines[:1], number)

    def _publish(self, lines: list[str], what: str) -> int:
        number = self._versions.add("\n".join(lines) + "\n")
        say(f"Version {number} of {SIGNING_KEY}: {what}.")
        wait(self._overlap_seconds, "every running copy of the functions reads it")
        return number

    def _finish(self, lines: list[str], number: int) -> int:
        """Verify, and destroy the versions before `number`."""
        self._check_each(lines)
        self._versions.retire_older_than(number, still_works=lambda: self._check_each(lines))
        return 0

    def _check_each(self, lines: list[str]) -> None:
        """The site takes what the first key signs, and what the last one did."""
        self._check(SigningKeys(lines[0]))
        if len(lines) > 1:
            self._check(SigningKeys(lines[-1]))

    def _say_who_is_signed_out(self, until: float) -> None:
        bucket = self._project.control_bucket
        state = with_sign_outs(read_control(bucket) or ControlState(), bucket)
        affected = signed_by_older_keys(guests_in(bucket), state, until, time.time())
        if not affected:
            say("Nobody is signed out by this, as far as the control bucket knows.")
            return
        say(f"Signed out by this, or their link void ({len(affected)}):")
        for guest in affected:
            say(f"  {guest.name}, since {moment(guest.redeemed_at or guest.invited_at)}")


def signed_by_older_keys(guests: list[Guest], state: ControlState, until: float, now: float) -> list[Guest]:
    """Who holds a session, or a link not used yet, from before `until` (epoch seconds)."""
    return [
        guest
        for guest in guests
        if not guest.is_out(state)
        and guest.open_until() > now
        and (guest.redeemed_at or guest.invited_at or 0) <= until
    ]


def confirm() -> None:
    """Raises CommandFailed unless a person says yes."""
    if not sys.stdin.isatty():
        raise CommandFailed(happened="There is no terminal to ask on", todo="Nothing was changed. Say --yes.")
    say("Type yes to go on:")
    if sys.stdin.readline().strip() != "yes":
        raise CommandFailed(happened="You did not say yes", todo="Nothing was changed.")
