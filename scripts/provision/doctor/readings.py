"""What is asked, in rounds: what a round answers decides what the next one asks. Only reads."""

import json
import os
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from owner.secret_versions import OPENAI_API_KEY

from ..desired import SECRETS, Desired
from ..gcloud import Gcloud
from . import buckets, keys, policies
from .answers import Answer, Refusal
from .asking import Asker, Reading
from .permissions import held_permissions

OPENAI_URL = "https://api.openai.com/v1"


def read(gcloud: Gcloud, desired: Desired, asker: Asker) -> dict[str, Answer]:
    """All answers by the name of the reading. What cannot be asked any more has none."""
    answers = asker.ask(_about_gcloud(gcloud))
    if not answers["token"].ok:
        return answers
    answers |= asker.ask(_about_project(gcloud, answers["token"].value))
    if not answers["project"].ok:
        return answers
    answers |= _ask_where_on(asker, _about_what_is_inside(gcloud, desired), answers)
    answers |= asker.ask([*_other_buckets(gcloud, desired, answers), *_openai(answers)])
    return answers


def _about_gcloud(gcloud: Gcloud) -> list[Reading]:
    active = ("auth", "list", "--filter=status:ACTIVE")
    return [
        Reading("gcloud", partial(_json, gcloud, ("version",))),
        Reading("account", lambda seconds: _account(_json(gcloud, active, seconds))),
        Reading("token", lambda seconds: _text(gcloud, ("auth", "print-access-token"), seconds).strip()),
    ]


def _account(listed: list[Mapping[str, str]]) -> str:
    return listed[0]["account"] if listed else ""


def _about_project(gcloud: Gcloud, token: str) -> list[Reading]:
    project_id = gcloud.project_id
    enabled = ("services", "list", "--enabled")
    return [
        Reading("permissions", partial(held_permissions, project_id, token)),
        Reading("project", partial(_json, gcloud, ("projects", "describe", project_id))),
        Reading("billing", partial(_json, gcloud, ("billing", "projects", "describe", project_id))),
        Reading("services", lambda seconds: {item["config"]["name"] for item in _json(gcloud, enabled, seconds)}),
    ]


def _about_what_is_inside(gcloud: Gcloud, desired: Desired) -> list[Reading]:
    region = desired.names.region
    return [
        Reading("accounts", partial(_json, gcloud, ("iam", "service-accounts", "list")), "iam"),
        Reading("buckets", partial(_json, gcloud, ("storage", "buckets", "list", "--raw"))),
        Reading("runtimes", partial(_json, gcloud, ("functions", "runtimes", "list", f"--region={region}")),
                "cloudfunctions"),
        *(
            Reading(policies.reading_name(name),
                    partial(_json, gcloud, ("org-policies", "describe", name, "--effective")), "orgpolicy")
            for name in policies.CONSTRAINTS
        ),
        *(Reading(keys.reading_name(name), partial(_secret, gcloud, name), "secretmanager") for name in SECRETS),
    ]  # fmt: skip


def _other_buckets(gcloud: Gcloud, desired: Desired, answers: Mapping[str, Answer]) -> list[Reading]:
    """The names that are not this project's: free, or somebody else's."""
    ours = {bucket["name"] for bucket in answers["buckets"].value or []}
    return [
        Reading(buckets.reading_name(bucket.name),
                partial(_json, gcloud, ("storage", "buckets", "describe", f"gs://{bucket.name}")))
        for bucket in desired.buckets if bucket.name not in ours
    ]  # fmt: skip


def _openai(answers: Mapping[str, Answer]) -> list[Reading]:
    """With the key of Secret Manager, or while there is none with that of the environment."""
    stored = answers[keys.reading_name(OPENAI_API_KEY)]
    key = stored.value if stored.ok else os.environ.get("OPENAI_API_KEY", "")
    if not key or keys.key_flaw(key):
        return []
    base_url = os.environ.get("OPENAI_BASE_URL", OPENAI_URL).rstrip("/")
    return [Reading("models", partial(keys.list_models, base_url, key))]


def _ask_where_on(asker: Asker, readings: Iterable[Reading], answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """An API that is off is not asked: its refusal is known, and gcloud would wait for it."""
    services = answers["services"]
    off = {
        reading.name: Answer(refusal=Refusal.API_OFF)
        for reading in readings
        if services.ok and reading.api and f"{reading.api}.googleapis.com" not in services.value
    }
    return off | asker.ask([reading for reading in readings if reading.name not in off])


def _secret(gcloud: Gcloud, name: str, seconds: float) -> str:
    return keys.payload(_json(gcloud, ("secrets", "versions", "access", "latest", f"--secret={name}"), seconds))


def _json(gcloud: Gcloud, arguments: tuple[str, ...], seconds: float) -> Any:
    return json.loads(_text(gcloud, (*arguments, "--format=json"), seconds) or "null")


def _text(gcloud: Gcloud, arguments: tuple[str, ...], seconds: float) -> str:
    return gcloud.run(gcloud.command(*arguments), seconds=seconds)
