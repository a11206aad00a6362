"""Whether the site mints for somebody who is signed in, seen from outside."""

import os
import time

import requests
from voicemint.access import COOKIE, SESSION_PURPOSE
from voicemint.redaction import redact
from voicemint.signing import SigningKeys

from .console import CommandFailed, say

SESSION_SECONDS = 120
TIMEOUT = (5, 30)
PATIENCE_SECONDS = 30
# The site knows who is asking and may not mint for a reason of its own: no word against the keys.
SIGNED_IN_BUT_LIMITED = {"stopped", "control_unavailable", "too_many_requests", "daily_limit_reached"}
# Worth asking again for a while: an instance that has not read the new version yet, an upstream that hiccups.
PASSING = {"signed_out", "secret_unavailable", "upstream_unavailable", "upstream_timeout", "upstream_rate_limited", ""}


def check_mint(site_url: str, keys: SigningKeys, epoch: int) -> bool:
    """Mint with a session that the first of `keys` signs, valid for two minutes. The client secret is thrown away.

    True: minted. False: signed in, but nothing is minted at the moment. Raises CommandFailed.
    """
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        code, sentence = _mint(site_url, _session(keys, epoch))
        if code == "minted" or code in SIGNED_IN_BUT_LIMITED:
            return code == "minted"
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


def _mint(site_url: str, session: str) -> tuple[str, str]:
    """`minted`, or the error's code and sentence; no code where something else answered, or nothing."""
    headers = {"Origin": site_url, "Sec-Fetch-Site": "same-origin", "Cookie": f"{COOKIE}={session}"}
    try:
        answer = requests.post(
            f"{site_url}/api/client-secrets", json={}, headers=headers, timeout=TIMEOUT, allow_redirects=False
        )
        if answer.ok:
            return "minted", ""
        error = answer.json()["error"]
        return str(error["code"]), str(error["message"])
    except requests.JSONDecodeError:
        return "", f"status {answer.status_code} without the functions' error format"
    except (requests.RequestException, KeyError, TypeError) as failure:
        return "", type(failure).__name__
