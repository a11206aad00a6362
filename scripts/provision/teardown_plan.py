"""The plan of scripts/teardown.sh: what scripts/bootstrap.sh has made, in an order in which it can be taken away.

Ours is what carries our mark: ownership.py says which. What stands under our names without it stays, and is named. APIs
are left on: somebody else may need them by now, and an API that is on costs nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from common.build_names import TRIGGER
from common.fingerprint import LABEL as SOURCE_LABEL
from common.gcloud import Gcloud
from common.hosting_site import API as HOSTING

from . import channels, monitoring, policies
from .desired import REPOSITORY, Binding, Desired, Resource
from .ownership import (
    foreign_builds,
    foreign_things,
    has_begun,
    is_our_account,
    is_our_page,
    is_our_queue,
    is_our_trigger,
)
from .reality import Json, Reality
from .resources import is_marked
from .steps import Action, Plan, Step


@dataclass(frozen=True)
class Teardown:
    gcloud: Gcloud
    desired: Desired
    reality: Reality
    delete_data: bool

    def plan(self) -> Plan:
        """Each step needs no other one: what cannot be deleted keeps nothing else from it."""
        steps = chain(
            self._functions(),
            self._triggers(),
            self._hosting(),
            self._queues(),
            self._bindings(),
            self._secrets(),
            self._buckets(),
            self._repository(),
            self._accounts(),
            self._watching(),
            self._configuration(),
        )
        return Plan(tuple(steps), tuple(self._notes()))

    def _functions(self) -> Iterator[Step]:
        for name, function in self.reality.functions.items():
            if SOURCE_LABEL in function.get("labels", {}):
                command = ("functions", "delete", name, f"--region={self.desired.names.region}", "--quiet")
                yield self._delete("function", name, *command)

    def _triggers(self) -> Iterator[Step]:
        for trigger in self.reality.triggers:
            if trigger.get("name") == TRIGGER and is_our_trigger(trigger, self.desired.names):
                command = ("builds", "triggers", "delete", trigger["name"], f"--region={self.desired.names.region}")
                yield self._delete("trigger", trigger["name"], *command, "--quiet")

    def _hosting(self) -> Iterator[Step]:
        ours = (site for site, page in self.reality.pages.items() if is_our_page(page, self.desired.functions))
        for site in ours:
            url = f"{HOSTING}/projects/-/sites/{site}/channels/live/releases"
            yield Step(
                id=f"site/{site}", title=f"Take the page of {site} off the net",
                actions=(Action(command=("http", "POST", url), body={"type": "SITE_DISABLE"}),), removes=True,
            )  # fmt: skip

    def _queues(self) -> Iterator[Step]:
        for queue in self.desired.queues:
            if queue.name in self.reality.queues and is_our_queue(queue, self.desired, self.reality):
                command = ("tasks", "queues", "delete", queue.name, f"--location={self.desired.names.region}")
                yield self._delete("queue", queue.name, *command, "--quiet")

    def _bindings(self) -> Iterator[Step]:
        """What an account was given where something stays; elsewhere it goes with what it was given on."""
        stays = [Resource("project"), *(Resource("bucket", name) for name in self._kept_buckets())]
        ours = {f"serviceAccount:{email}" for email in self._our_accounts()}
        for resource in stays:
            for grant in sorted(self.reality.policies.get(resource, ())):
                if grant.member in ours:
                    yield self._binding(Binding(grant, resource))

    def _binding(self, binding: Binding) -> Step:
        grant, resource = binding
        name = "/".join(filter(None, (grant.member.partition(":")[2], grant.role, grant.title, grant.condition)))
        change = policies.change(binding, "remove", self.gcloud, self.desired.names)
        return self._removal("binding", f"{name} on {resource}", change)

    def _secrets(self) -> Iterator[Step]:
        for secret in _marked(self.reality.secrets):
            yield self._delete("secret", secret, "secrets", "delete", secret, "--quiet")

    def _buckets(self) -> Iterator[Step]:
        """With everything in them."""
        for bucket in self._our_buckets():
            if self.delete_data:
                yield self._delete("bucket", bucket, "storage", "rm", "--recursive", f"gs://{bucket}")

    def _repository(self) -> Iterator[Step]:
        where = f"--location={self.desired.names.region}"
        for repository in _marked(self.reality.repositories):
            if repository == REPOSITORY:
                command = ("artifacts", "repositories", "delete", repository, where, "--quiet")
                yield self._delete("repository", repository, *command)

    def _accounts(self) -> Iterator[Step]:
        for email in self._our_accounts():
            yield self._delete("account", email, "iam", "service-accounts", "delete", email, "--quiet")

    def _watching(self) -> Iterator[Step]:
        account = self.reality.identity.billing_account or self.desired.names.billing_account
        begun = has_begun(self.desired, self.reality)
        for budget in monitoring.our_budgets(self.desired.budget, self.reality, begun=begun):
            yield self._delete(
                "budget", monitoring.id_of(budget), "billing", "budgets", "delete", monitoring.id_of(budget),
                f"--billing-account={account}",
            )  # fmt: skip
        for alert in self.reality.alerts:
            if monitoring.is_marked(alert.get("userLabels", {})):
                delete = ("alpha", "monitoring", "policies", "delete", monitoring.id_of(alert), "--quiet")
                yield self._delete("alert", alert["displayName"], *delete)
        for channel in channels.made_here(self.reality):  # after the alerts, which led to it
            delete = (*channels.CHANNELS, "delete", channel["name"], "--quiet")
            yield self._delete("notification channel", channel["displayName"], *delete)
        for dashboard in self.reality.dashboards:
            if monitoring.is_marked(dashboard.get("labels", {})):
                command = ("monitoring", "dashboards", "delete", monitoring.id_of(dashboard), "--quiet")
                yield self._delete("dashboard", dashboard["displayName"], *command)

    def _configuration(self) -> Iterator[Step]:
        found = self.reality.configuration
        if found is not None and not found["is_active"]:
            command = ("config", "configurations", "delete", found["name"], "--quiet")
            yield self._delete("gcloud configuration", found["name"], *command)

    def _notes(self) -> Iterator[str]:
        kept = self._kept_buckets()
        if kept:
            yield f"Kept, with everything in them: {', '.join(kept)}. To delete them too: --delete-data"
        things = [*foreign_things(self.desired, self.reality), *foreign_builds(self.desired, self.reality)]
        if foreign := sorted({str(found) for found in things}):
            yield f"Left as they are, because Voicemint did not make them: {', '.join(foreign)}"
        off = [service for service in self.desired.services if service not in self.reality.services]
        if off:
            yield f"These APIs are off, so what they may hold was not looked at: {', '.join(off)}"
        yield from (f"Not looked at: {unread}" for unread in self.reality.unread)
        yield (
            "APIs stay on, Firebase stays in the project, and so do Google's own buckets gcf-v2-*. The OpenAI key "
            "stays good: revoke it at OpenAI if nobody else uses it."
        )

    def _our_accounts(self) -> list[str]:
        return [email for email, account in self.reality.accounts.items() if is_our_account(account)]

    def _our_buckets(self) -> list[str]:
        names = {bucket.name for bucket in self.desired.buckets}
        return [name for name in _marked(self.reality.buckets) if name in names]

    def _kept_buckets(self) -> list[str]:
        return [] if self.delete_data else self._our_buckets()

    def _delete(self, kind: str, name: str, *arguments: str) -> Step:
        return self._removal(kind, name, Action(command=tuple(self.gcloud.command(*arguments))))

    def _removal(self, kind: str, name: str, action: Action) -> Step:
        return Step(
            id=f"{kind}/{name}",
            title=f"Delete the {kind} {name}",
            actions=(action,),
            done=frozenset({"gone"}),
            removes=True,
        )


def _marked(found: Mapping[str, Json]) -> list[str]:
    return [name for name, item in found.items() if is_marked(item)]
