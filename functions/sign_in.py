"""/api/access: an invite becomes a signed cookie; who am I; sign out.

POST   {"invite": text}   204 and the `__session` cookie for 30 days (in a local run: a day); each invite works once,
                          for 24 hours
GET                       200 {"name", "expires_at" (epoch seconds or null), "mark" (of the person, opaque)}
DELETE                    204, the session has ended and the cookie is cleared; also where there was none
Errors: openapi.yaml.

A session that ends leaves `signed-out/<person id>` in the control bucket, which every function looks for
(control/stop_switch.py). An invite makes one session, so that the person's id names it. Who is signed in by Firebase,
or not at all (`open`), has none: then there is nothing to end here but the cookie.
"""

import json
import os
import time

from voicemint.access.invites import LOCAL_SESSION_SECONDS, REDEEMED_PREFIX, SESSION_SECONDS, Invite, read_invite
from voicemint.access.modes import access_for, session_or_nobody
from voicemint.access.person import COOKIE, SESSION_PURPOSE, Person, anyone, unrevoked
from voicemint.api.json_body import fields
from voicemint.api.routes import Answer, ApiRequest, Route, entry_point
from voicemint.cloud_logging import configure_logging, logger
from voicemint.control.stop_switch import MAX_SIGNED_OUT, SIGNED_OUT_PREFIX, Control
from voicemint.errors import ControlUnavailable, InvalidInvite, InvalidRequest, SignOutUnavailable
from voicemint.google.control_bucket import ControlBucket
from voicemint.secrets.mounted import MountedSecret
from voicemint.secrets.signing import SigningKeys
from voicemint.settings import Settings

PATH = "/api/access"
MAX_BODY_BYTES = 2 * 1024

SETTINGS = Settings.from_environ()
configure_logging(SETTINGS.project_id)
KEYS = MountedSecret(SETTINGS.signing_key_file, SigningKeys)
BUCKET = ControlBucket.of(SETTINGS)
CONTROL = Control(BUCKET)
LIFETIME_SECONDS = SESSION_SECONDS if SETTINGS.on_cloud_run else LOCAL_SESSION_SECONDS


def redeem(request: ApiRequest) -> Answer:
    keys = KEYS.current()
    invite = read_invite(keys, _invite_text(request.body))
    if invite is None:
        raise InvalidInvite
    state = CONTROL.current()
    now = int(time.time())
    if invite.epoch < state.epoch or invite.invite_id in state.revoked or not _claim(invite, now):
        raise InvalidInvite
    expires_at = now + LIFETIME_SECONDS
    session = {"id": invite.invite_id, "name": invite.name, "exp": expires_at, "epoch": invite.epoch}
    cookie = _cookie(keys.sign(SESSION_PURPOSE, session), LIFETIME_SECONDS)
    return Answer(status=204, headers={"Set-Cookie": cookie}, person_id=invite.invite_id)


def who_am_i(request: ApiRequest) -> Answer:
    person = request.person
    return Answer({"name": person.name, "expires_at": person.expires_at, "mark": person.mark})


def sign_out(request: ApiRequest) -> Answer:
    if request.person.epoch is not None:
        try:
            _end_session(request.person)
        except ControlUnavailable:
            raise SignOutUnavailable from None
    return Answer(status=204, headers={"Set-Cookie": _cookie("", 0)})


def _end_session(person: Person) -> None:
    """Raises ControlUnavailable, or SignOutUnavailable where more would be noted than every function can read."""
    state = CONTROL.current()
    if person.is_revoked(state):
        return
    if len(state.signed_out) >= MAX_SIGNED_OUT:
        logger.error("too many people have signed out: scripts/invite.sh --revoke signs out who cannot")
        raise SignOutUnavailable
    BUCKET.create(f"{SIGNED_OUT_PREFIX}{person.person_id}", b"{}")


def _invite_text(body: bytes) -> str:
    invite = fields(body, invite=str).get("invite")
    if invite is None:
        raise InvalidRequest('The body must be {"invite": text}.')
    return str(invite)


def _claim(invite: Invite, now: int) -> bool:
    """True for exactly one of all who hold this invite; the object is also the list of who was let in."""
    times = {"redeemed_at": now, "expires_at": now + LIFETIME_SECONDS}
    record = {"name": invite.name, **times, "claim": os.urandom(8).hex()}
    return BUCKET.create(f"{REDEEMED_PREFIX}{invite.invite_id}.json", json.dumps(record).encode())


def _cookie(value: str, max_age_seconds: int) -> str:
    # Plain http on this machine: Safari keeps no Secure cookie there.
    secure = "; Secure" if SETTINGS.on_cloud_run else ""
    return f"{COOKIE}={value}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Strict{secure}"


sign_in = entry_point(
    "sign_in",
    {
        ("POST", PATH): Route(
            answer=redeem, access=anyone, content_type="application/json", max_body_bytes=MAX_BODY_BYTES
        ),
        ("GET", PATH): Route(answer=who_am_i, access=unrevoked(access_for(SETTINGS), CONTROL)),
        ("DELETE", PATH): Route(answer=sign_out, access=session_or_nobody(SETTINGS)),
    },
)
