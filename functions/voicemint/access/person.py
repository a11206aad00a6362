"""Who is calling, and what a check of access is."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import flask

from voicemint.control.stop_switch import Control, ControlState
from voicemint.errors import SignedOut

COOKIE = "__session"  # the only cookie that Hosting passes on
SESSION_PURPOSE = "session"


@dataclass(frozen=True, slots=True)
class Person:
    """Who is calling. `person_id` is stable for one person and says nothing about them; `expires_at` is epoch seconds.

    `epoch` is when they signed in, counted in "sign everybody out"; None for who has no session of ours to end.
    """

    person_id: str
    name: str
    expires_at: int | None = None
    epoch: int | None = None

    @property
    def safety_identifier(self) -> str:
        """For OpenAI-Safety-Identifier: stable per person, not reversible to the id that our logs hold."""
        return hashlib.sha256(b"voicemint safety identifier\0" + self.person_id.encode()).hexdigest()

    @property
    def mark(self) -> str:
        """For the person's own page: who is signed in, as 32 letters that lead back to no id (openapi.yaml)."""
        return hashlib.sha256(b"voicemint person mark\0" + self.person_id.encode()).hexdigest()[:32]

    def is_revoked(self, state: ControlState) -> bool:
        is_named = self.person_id in state.revoked or self.person_id in state.signed_out
        return is_named or (self.epoch is not None and self.epoch < state.epoch)

    def refuse_when_revoked(self, state: ControlState) -> None:
        if self.is_revoked(state):
            raise SignedOut


Access = Callable[[flask.Request], Person]

NOBODY = Person(person_id="", name="")
LOCAL_PERSON = Person(person_id="local", name="This machine")


def anyone(_request: flask.Request) -> Person:
    """The access of a route that itself finds out who is asking."""
    return NOBODY


def unrevoked(access: Access, control: Control) -> Access:
    """`access` that also asks the control bucket (at most every 10 s) whether the caller was signed out."""

    def check(request: flask.Request) -> Person:
        person = access(request)
        person.refuse_when_revoked(control.current())
        return person

    return check
