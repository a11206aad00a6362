"""Everything that is asked of a project, and what this folder has to compare it with."""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import yaml
from common.fingerprint import RELEASE_FILE, function_fingerprint, page_fingerprint
from common.gcloud import ROOT, Gcloud
from owner.default_credentials import flaw
from voicemint.agents.files import AGENTS_FOLDER, load_agents

from .. import lists, monitoring, policies
from ..deployment import Deployment
from ..desired import Desired
from ..plan import Bootstrap
from ..strangers import stranger_findings
from . import site, telephone
from .answers import Answer
from .asking import Asker, Reading
from .context import Context
from .glance import Glance
from .readings import ask_where_on, read
from .rest import Rest


def look_before(gcloud: Gcloud, desired: Desired) -> Context:
    """As much as a bootstrap has to know before it does anything."""
    asker = Asker(gcloud)
    try:
        return replace(_here(desired), answers=read(desired, asker), preflight=True)
    finally:
        asker.done()


def look_at_all(gcloud: Gcloud, desired: Desired) -> Context:
    asker, here = Asker(gcloud), _here(desired)
    try:
        return _look(asker, here)
    finally:
        asker.done()


def _look(asker: Asker, here: Context) -> Context:
    context = replace(here, answers=read(here.desired, asker))
    if context.of("project").ok and context.of("services").ok:
        context = _with_what_is_there(asker, context)
    return context


def _with_what_is_there(asker: Asker, context: Context) -> Context:
    desired = context.desired
    rest = Rest(desired.names, context.of("token").value)
    glance = Glance(asker, desired, rest)
    reality = glance.read()
    desired = desired.at_site(reality.default_site)
    context = replace(context, desired=desired, configurations=reality.configurations)
    plan = Bootstrap(asker.gcloud, desired, reality, Deployment()).plan()
    listing = partial(asker.read, rest, lists.functions(desired.names))
    is_on = "cloudfunctions.googleapis.com" in reality.services
    seen = asker.ask([*_site_readings(context), *([Reading("functions", listing)] if is_on else [])])
    functions = {"functions": Answer([]), **seen}
    phone = ask_where_on(asker, telephone.secret_readings(asker, rest, context), context.answers)
    context = replace(
        context,
        alerts=monitoring.ours_of(desired, reality),
        strangers=stranger_findings(desired, reality),
        foreign=policies.foreign(desired, reality.policies),
    )
    return replace(context, steps=plan.steps, unread=glance.unread, answers={**context.answers, **functions, **phone})


def _site_readings(here: Context) -> list[Reading]:
    """None while nobody knows where the site is: another one's is not asked."""
    if not here.desired.names.site_url:
        return []
    paths = [f"/{RELEASE_FILE}", *here.rewrites.values()]
    url = here.desired.names.site_url
    looks = [Reading(site.reading_name(path), partial(site.look_at, f"{url}{path}")) for path in paths]
    return [*looks, *telephone.site_readings(here)]


def _here(desired: Desired) -> Context:
    """Nothing asked yet. Raises SettingsError for an agent that is none."""
    return Context(
        desired=desired,
        agents=load_agents(Path(os.environ.get("AGENTS_FOLDER", AGENTS_FOLDER))),
        runtimes=_runtimes(desired),
        rewrites=site.rewrites((ROOT / "web" / "firebase.json").read_text(encoding="utf-8")),
        fingerprints=_fingerprints(desired),
        today=datetime.now(UTC).date(),
        default_credentials=flaw(os.environ, desired.names.project_id),
    )


def _runtimes(desired: Desired) -> Mapping[str, str]:
    files = {name: ROOT / "infra" / "functions" / f"{name}.yaml" for name in desired.functions}
    return {name: str(yaml.safe_load(file.read_text(encoding="utf-8"))["--runtime"]) for name, file in files.items()}


def _fingerprints(desired: Desired) -> Mapping[str, str]:
    told = desired.names.environment
    functions = {name: function_fingerprint(ROOT, name, told) for name in desired.functions}
    return {**functions, "page": page_fingerprint(ROOT)}
