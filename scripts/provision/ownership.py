"""Whose it is that stands under our names: ours by its mark, or somebody else's, which nothing of ours touches.

The mark is a label; at accounts a description; at a page, that it leads to our functions; at a trigger, that it builds
as our deployer. Two kinds can carry none: a queue is ours by our accounts that may add to it, a budget by its
thresholds. What is somebody else's becomes ours by `--adopt KIND/NAME` and by nothing else.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import chain

from common.build_names import DEPLOYER, SESSION_SECRET, TRIGGER
from common.fingerprint import LABEL as SOURCE_LABEL
from common.names import Names

from . import monitoring
from .desired import ACCOUNT_DESCRIPTION, REPOSITORY, Bucket, Desired, Queue, Resource
from .reality import Json, Reality
from .resources import bucket_drift, is_as_wanted, is_marked

MAY_ADD_TASKS = "roles/cloudtasks.enqueuer"


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something under a name of ours that we did not make. `says` is what it tells of itself, if anything."""

    kind: str
    name: str
    says: str = ""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def foreign_things(desired: Desired, reality: Reality) -> list[Foreign]:
    """What a bootstrap would change, and may not."""
    return list(
        chain(
            _accounts(desired, reality),
            _labelled(desired, reality),
            _buckets(desired, reality),
            _queues(desired, reality),
            _functions(desired, reality),
            _page(desired, reality),
            _watching(desired, reality),
        )
    )


def foreign_builds(desired: Desired, reality: Reality) -> list[Foreign]:
    """What scripts/trigger.sh would change, and may not; in a bootstrap's way it is not."""
    triggers = [found for found in reality.triggers if found.get("name") == TRIGGER]
    secret = reality.secrets.get(SESSION_SECRET)
    return [
        *(
            Foreign("trigger", TRIGGER, found.get("description", ""))
            for found in triggers
            if not is_our_trigger(found, desired.names)
        ),
        *([Foreign("secret", SESSION_SECRET, _labels(secret))] if secret is not None and not is_marked(secret) else []),
    ]


def has_begun(desired: Desired, reality: Reality) -> bool:
    """Whether a bootstrap has been here: accounts are the first that it makes in a project."""
    return any(is_our_account(reality.accounts.get(desired.names.email(name))) for name in desired.accounts)


def is_our_account(found: Json | None) -> bool:
    return found is not None and found.get("description") == ACCOUNT_DESCRIPTION


def is_our_trigger(found: Json, names: Names) -> bool:
    builds_as_ours = str(found.get("serviceAccount", "")).endswith(f"/{names.email(DEPLOYER)}")
    return builds_as_ours and "_CONTROL_BUCKET" in found.get("substitutions", {})


def is_our_function(name: str, reality: Reality) -> bool:
    """Google gives a function's labels to its service too."""
    service = reality.run_services.get(name, {}).get("metadata", {})
    return any(SOURCE_LABEL in found.get("labels", {}) for found in (reality.functions.get(name, {}), service))


def is_our_page(release: Json, functions: Container[str]) -> bool:
    """Whether a release of Hosting leads to a function of ours."""
    rewrites = release.get("version", {}).get("config", {}).get("rewrites", [])
    return any(rewrite.get("run", {}).get("serviceId") in functions for rewrite in rewrites)


def is_our_bucket(bucket: Bucket, found: Json, *, begun: bool) -> bool:
    """A bucket gets its label in a second command: before that, all else of it is as it is made. Earlier releases made
    the control bucket without a lifecycle."""
    lacking = {what for what, _ in bucket_drift(bucket, found)}
    made_earlier = {"lifecycle"} if bucket.overwritten and not found.get("lifecycle") else set()
    return is_marked(found) or (begun and not found.get("labels") and lacking - made_earlier == {"label"})


def is_our_queue(queue: Queue, desired: Desired, reality: Reality) -> bool:
    """Ours may add to it; or, before they may, it is as it is made."""
    grants = reality.policies.get(Resource("queue", queue.name), frozenset())
    if any(grant.role == MAY_ADD_TASKS and _is_our_member(grant.member, desired, reality) for grant in grants):
        return True
    return has_begun(desired, reality) and is_as_wanted(queue, reality.queues[queue.name])


def _is_our_member(member: str, desired: Desired, reality: Reality) -> bool:
    """A teardown deletes accounts, and their bindings stay under another name."""
    is_deleted, email = member.startswith("deleted:"), member.rpartition("serviceAccount:")[2].partition("?")[0]
    ours = {desired.names.email(account) for account in desired.accounts}
    return email in ours and (is_deleted or is_our_account(reality.accounts.get(email)))


def _accounts(desired: Desired, reality: Reality) -> Iterator[Foreign]:
    for account in desired.accounts:
        found = reality.accounts.get(desired.names.email(account))
        if found is not None and not is_our_account(found):
            yield Foreign("account", account, found.get("description") or found.get("displayName", ""))


def _labelled(desired: Desired, reality: Reality) -> Iterator[Foreign]:
    repository = reality.repositories.get(REPOSITORY)
    if repository is not None and not is_marked(repository):
        yield Foreign("repository", REPOSITORY, repository.get("description") or _labels(repository))
    for secret in desired.secrets:
        found = reality.secrets.get(secret)
        if found is not None and not is_marked(found):
            yield Foreign("secret", secret, _labels(found))


def _buckets(desired: Desired, reality: Reality) -> Iterator[Foreign]:
    begun = has_begun(desired, reality)
    for bucket in desired.buckets:
        found = reality.buckets.get(bucket.name)
        if found is not None and not is_our_bucket(bucket, found, begun=begun):
            yield Foreign("bucket", bucket.name, _labels(found))


def _queues(desired: Desired, reality: Reality) -> Iterator[Foreign]:
    for queue in desired.queues:
        if queue.name in reality.queues and not is_our_queue(queue, desired, reality):
            yield Foreign("queue", queue.name)


def _functions(desired: Desired, reality: Reality) -> Iterator[Foreign]:
    for name in desired.functions:
        if name in reality.functions and not is_our_function(name, reality):
            yield Foreign("function", name, _labels(reality.functions[name]))
        elif name in reality.run_services and not is_our_function(name, reality):
            yield Foreign("service", name, _labels(reality.run_services[name].get("metadata", {})))


def _page(desired: Desired, reality: Reality) -> Iterator[Foreign]:
    site = desired.names.site or reality.default_site
    page = reality.pages.get(site)
    if page is not None and not is_our_page(page, desired.functions):
        by = page.get("releaseUser", {}).get("email", "")
        yield Foreign("site", site, f"released {str(page.get('releaseTime', ''))[:10]} by {by}")


def _watching(desired: Desired, reality: Reality) -> Iterator[Foreign]:
    """There may be several of a name: theirs is in the way where there is none of ours."""
    begun = has_begun(desired, reality)
    budgets = monitoring.named_budgets(desired.budget, reality)
    if budgets and not monitoring.our_budgets(desired.budget, reality, begun=begun):
        yield Foreign("budget", desired.budget.display_name, monitoring.amount_of(budgets[0]))
    boards = monitoring.named(desired.dashboard.display_name, reality.dashboards)
    if boards and not any(monitoring.is_marked(board.get("labels", {})) for board in boards):
        yield Foreign("dashboard", desired.dashboard.display_name)
    for alert in desired.alerts:
        found = monitoring.named(alert.display_name, reality.alerts)
        if found and not any(monitoring.is_marked(policy.get("userLabels", {})) for policy in found):
            yield Foreign("alert", alert.stem, alert.display_name)


def _labels(found: Json) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(found.get("labels", {}).items()))
