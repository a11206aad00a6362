"""What is asked, in rounds: what a round answers decides what the next one asks. Only reads."""

import os
from collections.abc import Iterable, Mapping
from functools import partial

from common.secret_names import OPENAI_API_KEY

from .. import lists
from ..desired import SECRETS, Desired
from . import buckets, keys, policies
from .answers import Answer, Refusal
from .asking import Asker, Reading
from .permissions import held_permissions
from .rest import Rest

OPENAI_URL = "https://api.openai.com/v1"
OFFLINE_SECONDS = 5.0  # what a question may take after one that did not get through


def read(desired: Desired, asker: Asker) -> dict[str, Answer]:
    """All answers by the name of the reading. What cannot be asked any more has none."""
    try:
        return _rounds(desired, asker)
    finally:
        asker.done()


def _rounds(desired: Desired, asker: Asker) -> dict[str, Answer]:
    answers = asker.ask(_about_gcloud(asker))
    if not answers["token"].ok:
        return answers
    project_id, rest = desired.names.project_id, Rest(desired.names, answers["token"].value)
    answers |= asker.ask([Reading("permissions", partial(held_permissions, project_id, rest.token))])
    reached = answers["permissions"].refusal is not Refusal.NO_ANSWER
    answers |= asker.ask(_about_project(asker, project_id, rest), *([] if reached else [OFFLINE_SECONDS]))
    if not answers["project"].ok:
        return answers
    inside = [*_about_what_is_inside(asker, desired, rest), *_limits(rest, answers["services"])]
    answers |= ask_where_on(asker, inside, answers)
    answers |= asker.ask([*_other_buckets(asker, desired, answers), *_openai(answers)])
    return answers


def _about_gcloud(asker: Asker) -> list[Reading]:
    return [
        Reading("gcloud", partial(asker.json, ("info",))),
        Reading("token", lambda seconds: asker.text(("auth", "print-access-token"), seconds).strip()),
    ]


def _about_project(asker: Asker, project_id: str, rest: Rest) -> list[Reading]:
    return [
        Reading("project", partial(asker.read, rest, lists.project(project_id))),
        Reading("billing", partial(asker.read, rest, lists.billing_of(project_id))),
        Reading("services", partial(_services, asker, project_id, rest)),
    ]


def _services(asker: Asker, project_id: str, rest: Rest, seconds: float) -> set[str]:
    return {item["config"]["name"] for item in asker.read(rest, lists.services(project_id), seconds)}


def _about_what_is_inside(asker: Asker, desired: Desired, rest: Rest) -> list[Reading]:
    region, listings = desired.names.region, lists.listings(desired.names)
    runtimes = partial(asker.json, ("functions", "runtimes", "list", f"--region={region}"))
    return [
        Reading("accounts", partial(asker.read, rest, listings["accounts"]), "iam"),
        Reading("buckets", partial(asker.read, rest, listings["buckets"])),
        Reading("runtimes", runtimes, "cloudfunctions"),
        *(Reading(keys.reading_name(name), partial(_secret, asker, rest, name), "secretmanager") for name in SECRETS),
    ]


def _limits(rest: Rest, services: Answer) -> list[Reading]:
    """What the organization forbids; the day before, when the API for it is off, the older API tells the most of it."""
    is_on = services.ok and "orgpolicy.googleapis.com" in services.value
    told_before = {} if is_on else dict.fromkeys(policies.TOLD_BEFORE, rest.org_policy_before)
    asks = {name: told_before.get(name, rest.org_policy) for name in policies.CONSTRAINTS}
    return [
        Reading(policies.reading_name(name), partial(ask, name), None if name in told_before else "orgpolicy")
        for name, ask in asks.items()
    ]


def _secret(asker: Asker, rest: Rest, name: str, seconds: float) -> str:
    return keys.payload(keys.newest_version(asker, rest, name, seconds))


def _other_buckets(asker: Asker, desired: Desired, answers: Mapping[str, Answer]) -> list[Reading]:
    """The names that are not this project's: free, or somebody else's."""
    ours = {bucket["name"] for bucket in answers["buckets"].value or []}
    names = [bucket.name for bucket in desired.buckets if bucket.name not in ours]
    describe = [(name, ("storage", "buckets", "describe", f"gs://{name}")) for name in names]
    return [Reading(buckets.reading_name(name), partial(asker.json, command)) for name, command in describe]


def _openai(answers: Mapping[str, Answer]) -> list[Reading]:
    """With the key of Secret Manager, or while there is none with that of the environment."""
    stored = answers[keys.reading_name(OPENAI_API_KEY)]
    key = stored.value if stored.ok else os.environ.get("OPENAI_API_KEY", "")
    if not key or keys.key_flaw(key):
        return []
    base_url = os.environ.get("OPENAI_BASE_URL", OPENAI_URL).rstrip("/")
    return [Reading("models", partial(keys.list_models, base_url, key))]


def ask_where_on(asker: Asker, readings: Iterable[Reading], answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """An API that is off is not asked: its refusal is known, and gcloud would wait for it."""
    services = answers["services"]
    off = {
        reading.name: Answer(refusal=Refusal.API_OFF)
        for reading in readings
        if services.ok and reading.api and f"{reading.api}.googleapis.com" not in services.value
    }
    return off | asker.ask([reading for reading in readings if reading.name not in off])
