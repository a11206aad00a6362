"""Who may call. Every function asks here itself: Hosting can be passed by.

invite    (default) the signed `__session` cookie that sign_in gives for an invite
firebase  a Firebase ID token of an allowed address or domain: firebase_auth.py
open      everybody; refused unless only this machine can reach the process
"""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import flask

from voicemint.control import Control, ControlState
from voicemint.errors import SettingsError, SignedOut
from voicemint.mounted_secret import MountedSecret
from voicemint.settings import LOOPBACK_HOSTS, Settings
from voicemint.signing import SigningKeys

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


_SESSION_COOKIE = re.compile(rf"(?:^|;) *{COOKIE}=([^;\s]*)")

Access = Callable[[flask.Request], Person]

NOBODY = Person(person_id="", name="")
LOCAL_PERSON = Person(person_id="local", name="This machine")


def anyone(_request: flask.Request) -> Person:
    """The access of a route that itself finds out who is asking."""
    return NOBODY


def access_for(settings: Settings) -> Access:
    """The check that `settings.access` names: returns the caller, or raises SignedOut. Asks no network."""
    mode = _MODES.get(settings.access)
    if mode is None:
        raise SettingsError(f"VOICEMINT_ACCESS is {settings.access!r}; expected one of: {', '.join(_MODES)}.")
    return mode(settings)


def unrevoked(access: Access, control: Control) -> Access:
    """`access` that also asks the control bucket (at most every 10 s) whether the caller was signed out."""

    def check(request: flask.Request) -> Person:
        person = access(request)
        person.refuse_when_revoked(control.current())
        return person

    return check


def session_or_nobody(settings: Settings) -> Access:
    """Who holds a session of ours, NOBODY for all others: for everybody where VOICEMINT_ACCESS knows no sessions."""
    if settings.access != "invite":
        return anyone
    access = access_for(settings)

    def check(request: flask.Request) -> Person:
        try:
            return access(request)
        except SignedOut:
            return NOBODY

    return check


def _invite_access(settings: Settings) -> Access:
    keys = MountedSecret(settings.signing_key_file, SigningKeys)
    return lambda request: _person_of_session(keys.current(), _session_cookie(request.headers.get("Cookie", "")))


def _session_cookie(header: str) -> str:
    """Of all cookies this one only: parsing the others costs more than everything else that is checked here."""
    match = _SESSION_COOKIE.search(header)
    return match[1] if match else ""


def _person_of_session(keys: SigningKeys, cookie: str) -> Person:
    session = keys.verify(SESSION_PURPOSE, cookie)
    if session is None or session["exp"] <= time.time():
        raise SignedOut
    return Person(session["id"], session["name"], session["exp"], session["epoch"])


def _firebase_access(settings: Settings) -> Access:
    from voicemint.firebase_auth import firebase_access  # loads cryptography: in this mode only

    return firebase_access(settings)


def _open_access(settings: Settings) -> Access:
    if settings.on_cloud_run:
        raise SettingsError("VOICEMINT_ACCESS=open lets anyone spend the owner's money, so it is refused on Cloud Run.")
    if settings.bind_host not in LOOPBACK_HOSTS:
        raise SettingsError(
            f"VOICEMINT_ACCESS=open needs a process that only this machine can reach: set HOST=127.0.0.1 "
            f"(found {settings.bind_host!r})."
        )
    return lambda _request: LOCAL_PERSON


_MODES: dict[str, Callable[[Settings], Access]] = {
    "invite": _invite_access,
    "firebase": _firebase_access,
    "open": _open_access,
}
