"""What is somebody else's, in words: findings for the doctor and the bootstrap, before anything is written."""

from collections.abc import Iterable, Mapping

from common.console import CommandFailed
from common.marks import LABEL, LABEL_VALUE

from .desired import REPOSITORY, Desired
from .findings import Finding, Status
from .ownership import Foreign, foreign_builds, foreign_things, has_begun
from .reality import Reality

WHAT: Mapping[str, str] = {
    "account": "the service account",
    "alert": "the alert",
    "bucket": "the bucket",
    "budget": "the budget",
    "dashboard": "the dashboard",
    "function": "the function",
    "queue": "the queue",
    "repository": "the repository of images",
    "secret": "the secret",
    "service": "the Cloud Run service",
    "site": "the page of the site",
    "trigger": "the build trigger",
}
ADOPT = "If Voicemint may take it over, change it, and delete it at a teardown: scripts/bootstrap.sh --adopt {thing}"
LABELLED = frozenset({"bucket", "repository", "secret"})
LOST = f"If a bootstrap made it and its label {LABEL}={LABEL_VALUE} is gone, the same command puts the label back."
OTHERWISE = "Otherwise rename or delete it, or give Voicemint a project of its own."
SERVICE = (
    "It cannot be adopted: a function is not deployed over a service. Delete it, or deploy it under another name, or "
    "give Voicemint a project of its own."
)
BUILDS = "Rename or delete it before you use scripts/trigger.sh, which refuses while it is there."


def stranger_findings(desired: Desired, reality: Reality, adopted: frozenset[str] = frozenset()) -> list[Finding]:
    """Everything under our names that is not ours: problems, but for what only scripts/trigger.sh would touch."""
    begun = has_begun(desired, reality)
    in_the_way = [found for found in foreign_things(desired, reality) if str(found) not in adopted]
    return [
        *(_finding(found, "problem", _fix(found, begun=begun)) for found in in_the_way),
        *(_finding(found, "warning", BUILDS) for found in foreign_builds(desired, reality)),
    ]


def check_adopted(desired: Desired, adopted: Iterable[str]) -> frozenset[str]:
    """Raises CommandFailed for what is no name of ours, or cannot be adopted."""
    names = frozenset(adopted)
    for name in sorted(names - adoptable(desired)):
        if name.startswith("site/") and not desired.names.site:
            continue  # which one is the default site is not known yet
        raise CommandFailed(
            happened=f"{name} cannot be adopted. These can: {', '.join(sorted(adoptable(desired)))}",
            todo=SERVICE
            if name.startswith("service/")
            else "scripts/doctor.sh names what is there and not Voicemint's.",
        )
    return names


def adoptable(desired: Desired) -> frozenset[str]:
    names = {
        "account": desired.accounts,
        "alert": [alert.stem for alert in desired.alerts],
        "bucket": [bucket.name for bucket in desired.buckets],
        "budget": [desired.budget.display_name],
        "dashboard": [desired.dashboard.display_name],
        "function": desired.functions,
        "queue": [queue.name for queue in desired.queues],
        "repository": [REPOSITORY],
        "secret": desired.secrets,
        "site": [desired.names.site or desired.names.project_id],
    }
    return frozenset(f"{kind}/{name}" for kind, of_kind in names.items() for name in of_kind)


def _finding(found: Foreign, status: Status, fix: str) -> Finding:
    what = f"{WHAT[found.kind]} {found.name}"
    title = f"{what[0].upper()}{what[1:]} is there, and Voicemint did not make it"
    return Finding(f"foreign:{found}", status, title, f"it says: {found.says}" if found.says else "", fix)


def _fix(found: Foreign, *, begun: bool) -> str:
    if found.kind == "service":
        return SERVICE
    lost = f"{LOST} " if begun and found.kind in LABELLED else ""
    return f"{ADOPT.format(thing=found)}. {lost}{OTHERWISE}"
