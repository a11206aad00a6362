"""The two secrets: readable, well-formed, and the key accepted by OpenAI. No finding holds a character of them."""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

import requests
from common.gcloud import GcloudFailed
from common.newest_version import unreadable_in
from common.secret_names import OPENAI_API_KEY, SIGNING_KEY
from voicemint.errors import SecretUnavailable, UpstreamRateLimited
from voicemint.openai.refusals import refusal
from voicemint.secrets.signing import SigningKeys

from ..findings import Finding, Status
from ..lists import listings, newest_version_of
from ..resources import is_marked
from .answers import Answer, NotOurs, Refusal
from .asking import Asker
from .context import Context, ok
from .rest import Rest

ROTATE = "scripts/rotate-key.sh openai"
BILLING = "https://platform.openai.com/settings/organization/billing"
QUOTES = "\"'`\u2018\u2019\u201c\u201d"
PRINTABLE = re.compile(r"[\x21-\x7e]{20,256}")


def reading_name(secret: str) -> str:
    return f"secret:{secret}"


def newest_version(asker: Asker, rest: Rest, secret: str, seconds: float) -> Any:
    """Of a secret of ours. Somebody else's is not read, and not tried at OpenAI: raises NotOurs."""
    try:
        listed = asker.read(rest, listings(rest.names)["secrets"], seconds)
    except GcloudFailed:
        listed = []  # who may read the secrets of Voicemint may not be allowed to list all
    if any(found["name"].rpartition("/")[2] == secret and not is_marked(found) for found in listed):
        raise NotOurs
    return rest.read(newest_version_of(rest.names, secret), seconds)


def payload(version: Mapping[str, Any]) -> str:
    """What a version holds, as Google's REST API answers it: bytes in JSON are in the standard alphabet of base64."""
    return base64.b64decode(str(version["payload"]["data"])).decode("utf-8", errors="replace")


def openai_key(context: Context) -> Iterable[Finding]:
    what, answer = f"The secret {OPENAI_API_KEY}", context.of(reading_name(OPENAI_API_KEY))
    if answer.refusal is Refusal.NOT_FOUND:
        yield context.missing("openai-key", what)
    elif answer.refusal is Refusal.VERSION_OFF:
        detail = "no call can be made; an older version that is enabled is not read"
        yield version_off(context, "openai-key", OPENAI_API_KEY, detail, ROTATE)
    elif not answer.ok:
        yield context.unasked("openai-key", what, answer, "roles/secretmanager.secretAccessor")
    elif flaw := key_flaw(answer.value):
        yield Finding("openai-key", "problem", f"{what} is not a key: {flaw}", "its text is not shown", ROTATE)
    elif not answer.value.startswith("sk-"):
        detail = "OpenAI's keys begin with sk-; a client secret (ek_) or another provider's key does not work"
        yield Finding("openai-key", "warning", f"{what} does not look like a key of OpenAI", detail, ROTATE)
    else:
        yield ok("openai-key", f"{what} is readable and well-formed")


def version_off(
    context: Context, finding_id: str, secret: str, detail: str, fix: str, reading: str | None = None
) -> Finding:
    """A newest version that nobody can read. A bootstrap stores another, so that it stops none."""
    said = context.of(reading or reading_name(secret)).said
    unreadable = unreadable_in(secret, said)
    title = f"The secret {secret} cannot be read: {unreadable or said}"
    back = unreadable.way_back(context.project_id) if unreadable else ""
    status: Status = "pending" if context.preflight else "problem"
    return Finding(finding_id, status, title, detail, f"{fix} (or, to have it back: {back})" if back else fix)


def key_flaw(text: str) -> str:
    """What is wrong with a key's form, in words that hold nothing of it; empty when nothing is."""
    if not text.strip():
        return "it is empty"
    if text.rstrip("\r\n") != text:
        return "it ends with a newline"
    if text.strip() != text:
        return "there are spaces around it"
    if text[0] in QUOTES or text[-1] in QUOTES:
        return "there are quotes around it"
    if any(character.isspace() for character in text):
        return "there are spaces or further lines in it"
    if not text.isascii():
        return "there are characters in it that no key has"
    return "" if PRINTABLE.fullmatch(text) else "it has not 20 to 256 printable characters"


def signing_key(context: Context) -> Iterable[Finding]:
    what, answer = f"The secret {SIGNING_KEY}", context.of(reading_name(SIGNING_KEY))
    if answer.refusal is Refusal.NOT_FOUND:
        yield context.missing("signing-key", what)
    elif answer.refusal is Refusal.VERSION_OFF:
        detail = "nobody can sign in; a bootstrap makes a new key, which signs everybody out"
        yield version_off(context, "signing-key", SIGNING_KEY, detail, context.bootstrap)
    elif not answer.ok:
        yield context.unasked("signing-key", what, answer, "roles/secretmanager.secretAccessor")
    elif not _signs(answer.value):
        new = "printf 'k1 %s' \"$(openssl rand -hex 32)\""
        fix = f"{new} | gcloud secrets versions add {SIGNING_KEY} --project={context.project_id} --data-file=-"
        detail = "nobody can sign in with it; a new one signs everybody out, who is then invited again"
        yield Finding("signing-key", "problem", f"{what} is not one", detail, fix)
    else:
        yield ok("signing-key", f"{what} is readable and well-formed")


def _signs(text: str) -> bool:
    try:
        SigningKeys(text)
    except SecretUnavailable:
        return False
    return True


def list_models(base_url: str, key: str, seconds: float) -> requests.Response:
    """OpenAI's GET /v1/models. Raises RequestException."""
    headers = {"Authorization": f"Bearer {key}"}
    return requests.get(f"{base_url}/models", headers=headers, timeout=seconds, allow_redirects=False)


def key_accepted(context: Context) -> Iterable[Finding]:
    answer = context.of("models")
    if not answer.ok:
        if answer.refusal is not Refusal.NOT_ASKED:
            yield _not_reached(answer)
        return
    status = answer.value.status_code
    if status == 401:
        detail = "it was revoked, or is not copied whole"
        yield Finding("openai", "problem", "OpenAI does not accept the key", detail, ROTATE)
    elif status == 403:
        detail = "a restricted key is fine, if it may write to Realtime; whether it may is seen at a call"
        fix = "scripts/smoke.sh --direct (with OPENAI_API_KEY set)"
        yield Finding("openai", "warning", "The key may not list OpenAI's models", detail, fix)
    elif status == 429:
        yield _limited(answer.value.content)
    elif status != 200:
        yield Finding("openai", "unknown", f"OpenAI answers {status}", "", "https://status.openai.com")
    else:
        yield ok("openai", "OpenAI accepts the key")


def _limited(body: bytes) -> Finding:
    meant = refusal(429, body)
    if isinstance(meant, UpstreamRateLimited):
        fix = "In a minute, scripts/doctor.sh again"
        return Finding("openai", "warning", "OpenAI answers 429: too many requests at the moment", "", fix)
    detail = f"OpenAI answers 429 {meant.upstream_code}"
    return Finding("openai", "problem", meant.message, detail, BILLING)


def _not_reached(answer: Answer) -> Finding:
    fix = "Is the network there? https://status.openai.com"
    return Finding("openai", "unknown", "OpenAI cannot be reached from here", answer.said, fix)
