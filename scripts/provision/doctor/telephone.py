"""The telephone: would a phone call be answered? Quiet where no agent has a [phone] table."""

from collections.abc import Iterable
from functools import partial

from owner.webhook_secret import WEBHOOK_SECRET, is_made_up
from voicemint.errors import SecretUnavailable
from voicemint.openai.webhooks import WebhookSecrets

from ..findings import Finding
from . import keys, site
from .answers import Refusal
from .asking import Asker, Reading
from .context import Context, ok
from .rest import Rest

FUNCTION = "answer-phone"
FIX = "PROJECT_ID={project} scripts/phone.sh"
MADE_UP = 1  # the version that the first bootstrap makes; scripts/phone.sh stores later ones
_SECRET, _ROUTE = "telephone:secret", "telephone:route"


def is_used(context: Context) -> bool:
    return any(agent.phone for agent in context.agents.values())


def secret_readings(asker: Asker, rest: Rest, context: Context) -> list[Reading]:
    return [Reading(_SECRET, partial(_stored, asker, rest), "secretmanager")] if is_used(context) else []


def site_readings(context: Context) -> list[Reading]:
    """What the site answers to a webhook that nobody signed: nothing comes of it."""
    url = f"{context.desired.names.site_url}{context.rewrites[FUNCTION]}"
    return [Reading(_ROUTE, partial(site.look_at, url, post={}))] if is_used(context) else []


def telephone(context: Context) -> Iterable[Finding]:
    if is_used(context):
        yield _secret(context)
        yield _route(context)


def _stored(asker: Asker, rest: Rest, seconds: float) -> tuple[int, str]:
    """The latest version's number, and what it holds."""
    version = keys.newest_version(asker, rest, WEBHOOK_SECRET, seconds)
    return int(version["name"].rpartition("/")[2]), keys.payload(version)


def _secret(context: Context) -> Finding:
    what, answer, fix = f"The secret {WEBHOOK_SECRET}", context.of(_SECRET), FIX.format(project=context.project_id)
    if answer.refusal is Refusal.NOT_FOUND:
        return context.missing(_SECRET, what)
    if answer.refusal is Refusal.VERSION_OFF:
        detail = "every webhook is refused, so no phone call is answered"
        return keys.version_off(context, _SECRET, WEBHOOK_SECRET, detail, fix, reading=_SECRET)
    if not answer.ok:
        return context.unasked(_SECRET, what, answer, "roles/secretmanager.secretAccessor")
    number, text = answer.value
    if not _verifies(text):
        detail = "expected whsec_ and base64, a line each; its text is not shown"
        return Finding(_SECRET, "problem", f"{what} is not one: every webhook is refused", detail, fix)
    if number == MADE_UP or is_made_up(text):
        title = f"{what} is still the one that the bootstrap made up: no phone call is answered"
        return Finding(_SECRET, "problem", title, "OpenAI's is stored when the webhook is registered", fix)
    return ok(_SECRET, f"{what} is readable and well-formed")


def _verifies(text: str) -> bool:
    try:
        WebhookSecrets(text)
    except SecretUnavailable:
        return False
    return True


def _route(context: Context) -> Finding:
    path, answer = context.rewrites[FUNCTION], context.of(_ROUTE)
    deploy = f"scripts/deploy.sh --project {context.project_id} {FUNCTION}"
    if not answer.ok and answer.refusal is Refusal.NOT_ASKED and context.begun:
        return Finding(
            _ROUTE, "unknown", f"{path}: not checked, because the site is not known", fix="See the page above"
        )
    if not answer.ok:
        return context.unasked(_ROUTE, f"{path} at the site", answer)
    if answer.value.status == 404:
        return context.missing(_ROUTE, f"{path}, where OpenAI delivers", deploy)
    if answer.value.status != 401 or not answer.value.is_json:
        title = f"{path} answers {answer.value.status} to a webhook that nobody signed, and not {FUNCTION}'s 401"
        return Finding(_ROUTE, "problem", title, "OpenAI's are not taken either", deploy)
    return ok(_ROUTE, f"{path} refuses a webhook that nobody signed")
