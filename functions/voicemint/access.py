"""Who may call. Every function asks here itself: Hosting can be passed by."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import flask

from voicemint.errors import SettingsError
from voicemint.settings import LOOPBACK_HOSTS, Settings


@dataclass(frozen=True, slots=True)
class Person:
    """Who is calling. `person_id` is stable for one person and says nothing about them."""

    person_id: str
    name: str

    @property
    def safety_identifier(self) -> str:
        """For OpenAI-Safety-Identifier: stable per person, not reversible to the id that our logs hold."""
        return hashlib.sha256(b"voicemint safety identifier\0" + self.person_id.encode()).hexdigest()


Access = Callable[[flask.Request], Person]

LOCAL_PERSON = Person(person_id="local", name="This machine")


def _open_access(settings: Settings) -> Access:
    if settings.on_cloud_run:
        raise SettingsError("VOICEMINT_ACCESS=open lets anyone spend the owner's money, so it is refused on Cloud Run.")
    if settings.bind_host not in LOOPBACK_HOSTS:
        raise SettingsError(
            f"VOICEMINT_ACCESS=open needs a process that only this machine can reach: set HOST=127.0.0.1 "
            f"(found {settings.bind_host!r})."
        )
    return lambda _request: LOCAL_PERSON


_MODES: dict[str, Callable[[Settings], Access]] = {"open": _open_access}


def access_for(settings: Settings) -> Access:
    """The check that `settings.access` names: returns the caller, or raises SignedOut."""
    mode = _MODES.get(settings.access)
    if mode is None:
        raise SettingsError(
            f"VOICEMINT_ACCESS is {settings.access or 'not set'!r}; expected one of: {', '.join(_MODES)}."
        )
    return mode(settings)
