"""/api/access: an invite becomes a signed cookie; who am I; sign out.

POST   {"invite": text}   204 and the `__session` cookie for 30 days; each invite works once, for 24 hours
GET                       200 {"name", "expires_at" (epoch seconds or null), "mark" (of the person, opaque)}
DELETE                    204, the cookie is cleared
Errors: openapi.yaml.
"""

import json
import os
import time

from voicemint.access import COOKIE, SESSION_PURPOSE, access_for, anyone, unrevoked
from voicemint.cloud_logging import configure_logging
from voicemint.control import Control
from voicemint.control_bucket import ControlBucket
from voicemint.errors import InvalidInvite, InvalidRequest, UnknownField
from voicemint.http import Answer, ApiRequest, Route, entry_point
from voicemint.invites import REDEEMED_PREFIX, SESSION_SECONDS, Invite, read_invite
from voicemint.mounted_secret import MountedSecret
from voicemint.settings import Settings
from voicemint.signing import SigningKeys
from voicemint.strict_json import parse_json

PATH = "/api/access"
MAX_BODY_BYTES = 2 * 1024

SETTINGS = Settings.from_environ()
configure_logging(SETTINGS.project_id)
KEYS = MountedSecret(SETTINGS.signing_key_file, SigningKeys)
BUCKET = ControlBucket.of(SETTINGS)
CONTROL = Control(BUCKET)


def redeem(request: ApiRequest) -> Answer:
    keys = KEYS.current()
    invite = read_invite(keys, _invite_text(request.body))
    if invite is None:
        raise InvalidInvite
    state = CONTROL.current()
    if invite.epoch < state.epoch or invite.invite_id in state.revoked or not _claim(invite):
        raise InvalidInvite
    expires_at = int(time.time()) + SESSION_SECONDS
    session = {"id": invite.invite_id, "name": invite.name, "exp": expires_at, "epoch": invite.epoch}
    cookie = _cookie(keys.sign(SESSION_PURPOSE, session), SESSION_SECONDS)
    return Answer(status=204, headers={"Set-Cookie": cookie}, person_id=invite.invite_id)


def who_am_i(request: ApiRequest) -> Answer:
    person = request.person
    return Answer({"name": person.name, "expires_at": person.expires_at, "mark": person.mark})


def sign_out(_request: ApiRequest) -> Answer:
    return Answer(status=204, headers={"Set-Cookie": _cookie("", 0)})


def _invite_text(body: bytes) -> str:
    value = parse_json(body)
    if not isinstance(value, dict) or not isinstance(value.get("invite"), str):
        raise InvalidRequest('The body must be {"invite": text}.')
    if value.keys() != {"invite"}:
        raise UnknownField("The body has a field that is not known here. Expected only: invite.")
    return str(value["invite"])


def _claim(invite: Invite) -> bool:
    """True for exactly one of all who hold this invite; the object is also the list of who was let in."""
    record = {"name": invite.name, "redeemed_at": int(time.time()), "claim": os.urandom(8).hex()}
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
        ("DELETE", PATH): Route(answer=sign_out, access=anyone),
    },
)
