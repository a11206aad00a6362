"""A new OpenAI API key: read so that nothing shows it, and tried before it is stored."""

import getpass
import re
import sys
from functools import partial
from typing import TextIO

import requests
from common.console import CommandFailed, say
from common.secret_names import OPENAI_API_KEY
from voicemint.agents.agent import DEFAULT_AGENT
from voicemint.agents.files import load_agents
from voicemint.errors import SecretUnavailable, UpstreamError
from voicemint.openai.refusals import refusal
from voicemint.secrets.openai_key import Secret

from .project import Project
from .secret_versions import Versions

MAX_INPUT_CHARACTERS = 1024
START_WITH_KEY = "OPENAI_API_KEY=… scripts/dev.sh"
TIMEOUT = (5, 15)
# Every key that OpenAI gives out has one of these beginnings, or "OpenAI" in Base64 in its middle.
REAL_KEY = re.compile(r"sk-(?:proj|svcacct|admin)-|.*T3BlbkFJ")


def key_in_use(project: Project) -> Secret:
    """The functions' own. Raises CommandFailed."""
    if project.has_a_real_key_locally:
        return Secret(project.settings.openai_api_key_file.read_text())
    return Secret(Versions(project, OPENAI_API_KEY).latest().text)


def refuse_real_key_locally(project: Project) -> None:
    """Raises CommandFailed where a key would have to go into a stand-in of a run that talks to OpenAI."""
    if project.has_a_real_key_locally:
        raise CommandFailed(
            happened="This local run talks to OpenAI with the key that it was started with, which no stand-in keeps",
            todo=f"End it with Ctrl-C, and start it with the new key: {START_WITH_KEY}",
        )


def refuse_for_stand_ins(project: Project, key: Secret) -> None:
    """Raises CommandFailed for a key that somebody could spend money with, where only stand-ins would get it."""
    if project.local and REAL_KEY.match(key.reveal()):
        raise CommandFailed(
            happened="This is one of OpenAI's keys, and the stand-ins of a local run take made-up ones only",
            todo=f"Nothing was changed, and nobody was shown the key. To talk to OpenAI: {START_WITH_KEY}",
        )


def read_key(stdin: TextIO = sys.stdin) -> Secret:
    """From a prompt that echoes nothing, or one line of `stdin`. Raises CommandFailed, which does not quote it."""
    if stdin.isatty():
        text = getpass.getpass("The new OpenAI API key (it is not shown): ")
    else:
        text = stdin.read(MAX_INPUT_CHARACTERS).removesuffix("\n")
    try:
        return Secret(text)
    except SecretUnavailable:
        raise CommandFailed(
            happened=f"An OpenAI key is one line of 20 to 256 printable characters, and this is {len(text)} characters"
            + ("" if text.isascii() else ", some of them not ASCII"),
            todo="Copy the key again, without quotes, spaces or further lines.",
        ) from None


def check_key(base_url: str, key: Secret) -> None:
    """Ask OpenAI whether it takes the key. Raises CommandFailed.

    A restricted key may be refused the list of models; then it must be able to do what it is for, which is to mint.
    """
    ask = partial(requests.request, headers={"Authorization": f"Bearer {key.reveal()}"}, timeout=TIMEOUT,
                  allow_redirects=False)  # fmt: skip
    answer = ask("GET", f"{base_url}/models")
    if answer.status_code in (401, 403):
        say("OpenAI lists no models for this key; trying whether it mints")
        session = load_agents()[DEFAULT_AGENT].session_config()
        answer = ask("POST", f"{base_url}/realtime/client_secrets", json={"session": session})
    if answer.status_code in (401, 403):
        raise CommandFailed(
            happened=f"OpenAI refused the new key: {answer.status_code} from {base_url}",
            todo="Nothing was changed. Is it copied whole, not revoked, and, if restricted, may it write to Realtime?",
        )
    if not answer.ok:
        raise CommandFailed(
            happened=f"OpenAI could not check the key: {told(answer)} from {base_url}",
            todo=f"Nothing was changed. {meant_by(answer).message}",
        )


def meant_by(answer: requests.Response) -> UpstreamError:
    """What an answer of OpenAI's that is no success means, in the words that the functions have for it."""
    return refusal(answer.status_code, answer.content)


def told(answer: requests.Response) -> str:
    """Its status, and OpenAI's own word for it."""
    return f"{answer.status_code} {meant_by(answer).upstream_code or ''}".strip()
