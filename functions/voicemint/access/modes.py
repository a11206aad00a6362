"""Who may call. Every function asks here itself: Hosting can be passed by.

invite    (default) the signed `__session` cookie that sign_in gives for an invite
firebase  a Firebase ID token of an allowed address or domain: firebase.py
open      everybody; refused unless only this machine can reach the process
"""

import re
import time
from collections.abc import Callable

import flask

from voicemint.access.person import COOKIE, LOCAL_PERSON, NOBODY, SESSION_PURPOSE, Access, Person, anyone
from voicemint.errors import SettingsError, SignedOut
from voicemint.secrets.mounted import MountedSecret
from voicemint.secrets.signing import SigningKeys
from voicemint.settings import LOOPBACK_HOSTS, Settings

_SESSION_COOKIE = re.compile(rf"(?:^|;) *{COOKIE}=([^;\s]*)")


def access_for(settings: Settings) -> Access:
    """The check that `settings.access` names: returns the caller, or raises SignedOut. Asks no network."""
    mode = _MODES.get(settings.access)
    if mode is None:
        raise SettingsError(f"VOICEMINT_ACCESS is {settings.access!r}; expected one of: {', '.join(_MODES)}.")
    return mode(settings)


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
    from voicemint.access.firebase import firebase_access  # loads cryptography: in this mode only

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
