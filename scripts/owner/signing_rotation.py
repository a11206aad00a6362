"""Replacing the key that signs invites and sessions, without signing anybody out."""

import sys
import time
from collections.abc import Callable

from voicemint.control import ControlState
from voicemint.signing import SigningKeys

from .console import CommandFailed, say, show, wait
from .control_state import read_control
from .people import Guest, guests_in, moment
from .project import Project
from .secret_names import SIGNING_KEY
from .secret_versions import Versions
from .signing_keys import id_of, new_line, parse_lines, unfinished, with_signer, with_verifier

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
            self._publish(lines, f"{id_of(new)} verifies, {id_of(lines[0])} still signs")
        else:
            say(f"Going on with {id_of(new)}, which an earlier rotation left verifying only.")
            wait(self._overlap_seconds, "every instance knows it before it signs")
        self._check(SigningKeys(new))
        lines = with_signer(lines, new)
        number = self._publish(lines, f"{id_of(new)} signs, what older keys signed stays good")
        self._finish(lines, number)
        show(f"Rotated: {id_of(new)} signs from now on. Nobody was signed out.")
        say("When the old key must go (30 days from now it signs nobody out): scripts/rotate-key.sh signing --retire")
        return 0

    def retire(self, *, confirmed: bool) -> int:
        latest = self._versions.latest()
        lines = parse_lines(latest.text)
        if unfinished(lines):
            raise CommandFailed(
                expected="a rotation that is done", found="one that ended half-way", todo="Run it without --retire."
            )
        if len(lines) == 1:
            show(f"Nothing to retire: {id_of(lines[0])} is the only key.")
            return self._finish(lines, latest.number)
        self._say_who_is_signed_out(self._versions.created_at(latest.number) + self._overlap_seconds)
        if not confirmed:
            confirm()
        number = self._publish(lines[:1], f"only {id_of(lines[0])} is left")
        show(f"Retired: {', '.join(map(id_of, lines[1:]))}. What they signed is void.")
        return self._finish(lines[:1], number)

    def _publish(self, lines: list[str], what: str) -> int:
        number = self._versions.add("\n".join(lines) + "\n")
        say(f"Version {number} of {SIGNING_KEY}: {what}.")
        wait(self._overlap_seconds, "every instance reads it")
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
        state = read_control(self._project.control_bucket) or ControlState()
        affected = signed_by_older_keys(guests_in(self._project.control_bucket), state, until, time.time())
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
        if not guest.is_revoked(state)
        and guest.open_until() > now
        and (guest.redeemed_at or guest.invited_at or 0) <= until
    ]


def confirm() -> None:
    """Raises CommandFailed unless a person says yes."""
    if not sys.stdin.isatty():
        raise CommandFailed(expected="a yes", found="nobody to ask", todo="Nothing was changed. Say --yes.")
    say("Type yes to go on:")
    if sys.stdin.readline().strip() != "yes":
        raise CommandFailed(expected="yes", found="another answer", todo="Nothing was changed.")
