"""Whether the site opens calls for somebody who is signed in, seen from outside."""

import os
import time
from collections.abc import Mapping

import requests
from common.console import CommandFailed, say
from voicemint.access.person import COOKIE, SESSION_PURPOSE
from voicemint.redaction import redact
from voicemint.secrets.signing import SigningKeys

from .silent_offer import silent_offer

SESSION_SECONDS = 120
TIMEOUT = (5, 30)
PATIENCE_SECONDS = 30
OPENED = "opened"
# What the mint says of a default agent whose calls the server opens, before it asks OpenAI anything.
UNIFIED = "unknown_agent"
# The site knows who is asking and may not open a call for a reason of its own: no word against the keys.
SIGNED_IN_BUT_LIMITED = {"stopped", "control_unavailable", "too_many_requests", "daily_limit_reached"}
# Worth asking again for a while: an instance that has not read the new version yet, an upstream that hiccups.
PASSING = {
    "signed_out",
    "secret_unavailable",
    "leash_unavailable",
    "upstream_unavailable",
    "upstream_timeout",
    "upstream_rate_limited",
    "",
}


def check_calls(site_url: str, keys: SigningKeys, epoch: int) -> bool:
    """Ask for a call with a session that the first of `keys` signs, valid for two minutes. Nobody talks in it.

    True: a client secret, which is thrown away, or a call, which is hung up. False: signed in, but no call is opened
    at the moment. Raises CommandFailed.
    """
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        code, sentence = _asked(site_url, _session(keys, epoch))
        if code == OPENED or code in SIGNED_IN_BUT_LIMITED:
            return code == OPENED
        if code not in PASSING or time.monotonic() > ends_at:
            raise CommandFailed(
                happened=f"{site_url} opens no call with the new key ({code or 'no answer'}: {redact(sentence)})",
                todo="Nothing was taken away: what worked before still does. Repair the cause, then run this again.",
            )
        say(f"The site does not accept the new key yet ({code or 'no answer'}); asking again")
        time.sleep(1)


def _session(keys: SigningKeys, epoch: int) -> str:
    """A session of nobody: a new id each time, so that no person's rate limit is in the way."""
    expires_at = int(time.time()) + SESSION_SECONDS
    person = {"id": f"rotation{os.urandom(8).hex()}", "name": "scripts/rotate-key.sh"}
    return keys.sign(SESSION_PURPOSE, {**person, "exp": expires_at, "epoch": epoch})


def _asked(site_url: str, session: str) -> tuple[str, str]:
    """`opened`, or the error's code and sentence; no code where something else answered, or nothing."""
    headers = {"Origin": site_url, "Sec-Fetch-Site": "same-origin", "Cookie": f"{COOKIE}={session}"}
    try:
        told = _told(_post(f"{site_url}/api/client-secrets", headers, json={}))
        return _told(_call(site_url, headers)) if told[0] == UNIFIED else told
    except requests.RequestException as failure:
        return "", type(failure).__name__


def _call(site_url: str, headers: Mapping[str, str]) -> requests.Response:
    """Have the server open a call, and hang it up. Its deadline ends one that this does not reach."""
    url, sdp = f"{site_url}/api/calls", {**headers, "Content-Type": "application/sdp"}
    answer = _post(url, sdp, data=silent_offer())
    if answer.ok:
        _post(f"{url}/hangup", headers, json={"ticket": answer.headers.get("Voicemint-Ticket")})
    return answer


def _post(url: str, headers: Mapping[str, str], **body: object) -> requests.Response:
    return requests.post(url, headers=headers, timeout=TIMEOUT, allow_redirects=False, **body)  # type: ignore[arg-type]


def _told(answer: requests.Response) -> tuple[str, str]:
    if answer.ok:
        return OPENED, ""
    try:
        error = answer.json()["error"]
        return str(error["code"]), str(error["message"])
    except requests.JSONDecodeError:
        return "", f"status {answer.status_code} without the functions' error format"
    except (KeyError, TypeError) as failure:
        return "", type(failure).__name__
