"""The OpenAI API key on its way to Secret Manager: from a prompt or stdin, tried, compared, and never shown."""

import hmac
import io
import os
from typing import TextIO

from common.console import CommandFailed, say
from common.gcloud import Gcloud
from common.newest_version import unreadable_among
from owner.openai_key import MAX_INPUT_CHARACTERS, check_key, read_key
from requests import RequestException
from voicemint.secrets.openai_key import API_KEY_SECRET_ID, Secret
from voicemint.settings import Settings

from .plan import KeyState
from .reality import Reality
from .resources import is_marked
from .versions import lacks_version


def given_key(stdin: TextIO) -> Secret | None:
    """The key that was piped in, after OpenAI was asked about it. None on a terminal, and where nothing comes.

    Raises CommandFailed for what is no key, and for one that OpenAI refuses.
    """
    if stdin.isatty():
        return None
    say("Reading the OpenAI key from standard input, if there is one")
    text = stdin.read(MAX_INPUT_CHARACTERS)
    return _tried(read_key(io.StringIO(text))) if text.strip() else None


def prompted_key(stdin: TextIO, reality: Reality) -> Secret:
    """Asked for on the terminal. Raises CommandFailed where there is none."""
    unreadable = unreadable_among(API_KEY_SECRET_ID, reality.versions.get(API_KEY_SECRET_ID, ()))
    if not stdin.isatty():
        raise CommandFailed(
            happened="Nothing came on standard input, and "
            + (f"another OpenAI key is needed: {unreadable}" if unreadable else "the OpenAI key is not stored yet"),
            todo='Nothing was changed. Pipe it in: printf %s "$OPENAI_API_KEY" | scripts/bootstrap.sh --yes',
        )
    return _tried(read_key(stdin))


def key_state(gcloud: Gcloud, reality: Reality, key: Secret | None) -> KeyState:
    """Whether `key` is another than the stored one. Raises GcloudFailed where that cannot be read."""
    if key is None:
        return "not given"
    if not is_marked(reality.secrets.get(API_KEY_SECRET_ID, {})):
        return "new"  # somebody else's secret is not read
    if lacks_version(API_KEY_SECRET_ID, reality.versions.get(API_KEY_SECRET_ID, ())):
        return "new"
    stored = gcloud.text("secrets", "versions", "access", "latest", f"--secret={API_KEY_SECRET_ID}")
    return "stored" if hmac.compare_digest(stored.encode(), key.reveal().encode()) else "new"


def _tried(key: Secret) -> Secret:
    """Raises CommandFailed for a key that OpenAI refuses; one that cannot be tried from here is taken."""
    say("Asking OpenAI whether it takes the key")
    try:
        check_key(_openai_url(), key)
    except RequestException as error:
        say(f"OpenAI cannot be reached from here ({type(error).__name__}): the key is stored untried")
    return key


def _openai_url() -> str:
    """As the functions read it: https, or this machine. Raises SettingsError."""
    return Settings.from_environ({"CONTROL_BUCKET": "any", **os.environ}).openai_base_url
