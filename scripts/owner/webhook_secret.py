"""The webhook's signing secret: read so that nothing shows it, and tried on the site."""

import base64
import getpass
import json
import os
import sys
import time
from typing import TextIO

import requests
from common.console import CommandFailed, say
from voicemint.errors import SecretUnavailable
from voicemint.openai.webhooks import WebhookSecrets, sign
from voicemint.secrets.mounted import CACHE_SECONDS

WEBHOOK_SECRET = "openai-webhook-secret"  # noqa: S105 - the name of the secret, not its value
PROBE_TYPE = "voicemint.test"  # no event of OpenAI's: taken, and nothing is done
PATIENCE_SECONDS = CACHE_SECONDS + 30
ASK_AGAIN_SECONDS = 2.0
TIMEOUT = (5, 30)
MAX_INPUT_CHARACTERS = 1024
MADE_UP = b"voicemint made this up.."  # of a length that base64 needs no padding for; 32 random bytes follow
assert len(MADE_UP) % 3 == 0  # noqa: S101 - else the mark would not stand at the beginning


def read_secret(stdin: TextIO = sys.stdin) -> str:
    """From a prompt that echoes nothing, or one line of `stdin`. Raises CommandFailed, which does not quote it."""
    if stdin.isatty():
        text = getpass.getpass("The endpoint's signing secret (it is not shown): ")
    else:
        text = stdin.read(MAX_INPUT_CHARACTERS).removesuffix("\n")
    try:
        WebhookSecrets(text)
    except SecretUnavailable:
        raise CommandFailed(
            happened="A signing secret is one line that begins with whsec_, and this is "
            + (f"something else, of {len(text)} characters" if text else "nothing"),
            todo="Create the endpoint as described above, copy its secret whole, and run this again.",
        ) from None
    return text


def nobodys_secret() -> str:
    """One that OpenAI does not have, so that nothing is taken."""
    return f"whsec_{base64.b64encode(os.urandom(32)).decode()}"


def made_up_secret() -> str:
    """The same, of a project whose telephone was not set up yet: by its mark the doctor knows it."""
    return f"whsec_{base64.b64encode(MADE_UP + os.urandom(32)).decode()}"


def is_made_up(text: str) -> bool:
    return text.startswith(f"whsec_{base64.b64encode(MADE_UP).decode()}")


def wait_until_taken(url: str, secret: str) -> None:
    """An instance reads the secret at most once a minute. Raises CommandFailed where it takes longer."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while (status := probe(url, secret)) != 200:
        if time.monotonic() > ends_at:
            raise CommandFailed(
                happened=f"{url} answered a test event with {status} instead of 200",
                todo="Is it deployed (scripts/deploy.sh answer-phone)? Its log says what it does not take.",
            )
        say(f"{url} answers {status} to a test event; it reads the new secret within a minute")
        time.sleep(ASK_AGAIN_SECONDS)


def probe(url: str, secret: str) -> int:
    """The status with which the site answers an event that `secret` signs; nothing comes of it."""
    body = json.dumps({"object": "event", "type": PROBE_TYPE}).encode()
    webhook_id, now = f"probe_{os.urandom(8).hex()}", int(time.time())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(secret, webhook_id, now, body),
    }
    return requests.post(url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False).status_code
