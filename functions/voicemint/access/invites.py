"""An invite: made by scripts/invite.sh, good for one person, once, for a day; what it becomes is a session."""

import json
import os
import time
from dataclasses import dataclass

from voicemint.secrets.signing import SigningKeys

INVITE_PURPOSE = "invite"
INVITE_SECONDS = 24 * 3600
SESSION_SECONDS = 30 * 24 * 3600
LOCAL_SESSION_SECONDS = 24 * 3600  # a browser sends localhost's cookies to every port of this machine
MAX_NAME_LENGTH = 60
INVITED_PREFIX, REDEEMED_PREFIX = "invited/", "redeemed/"  # in the control bucket, <prefix><invite id>.json


@dataclass(frozen=True, slots=True)
class Invite:
    """`invite_id` becomes the person's id; `epoch` is the one that was in force when it was made."""

    invite_id: str
    name: str
    epoch: int

    def record(self, now: float | None = None) -> tuple[str, bytes]:
        """Name and content of the object in the control bucket that remembers whom it was made for, not its text."""
        invited_at = int(now or time.time())
        record = {
            "name": self.name,
            "invited_at": invited_at,
            "expires_at": invited_at + INVITE_SECONDS,
            "epoch": self.epoch,
        }
        return f"{INVITED_PREFIX}{self.invite_id}.json", json.dumps(record).encode()


def make_invite(keys: SigningKeys, name: str, epoch: int, now: float | None = None) -> tuple[Invite, str]:
    """A new invite for `name` and its signed text, the part of the link after `#i=`."""
    invite = Invite(os.urandom(12).hex(), name, epoch)
    expires_at = int(now or time.time()) + INVITE_SECONDS
    text = keys.sign(INVITE_PURPOSE, {"id": invite.invite_id, "name": name, "exp": expires_at, "epoch": epoch})
    return invite, text


def read_invite(keys: SigningKeys, text: str, now: float | None = None) -> Invite | None:
    """The invite that we made and that has not expired, or None."""
    payload = keys.verify(INVITE_PURPOSE, text)
    if payload is None or payload["exp"] <= (now or time.time()):
        return None
    return Invite(payload["id"], payload["name"], payload["epoch"])
