"""The plan of scripts/bootstrap.sh: from what a project is to what infra/ says, in the order that Google needs.

Pure: nothing is asked here. A step that is done already is left out. If the project needs no change, the plan is empty.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from common.gcloud import Gcloud
from common.hosting_site import sites_url
from common.newest_version import unreadable_among

from . import monitoring, policies
from .configuration import SECRETS
from .deployment import Deployment
from .desired import ACCOUNT_DESCRIPTION, BUCKET_CONDITION_TITLE, Binding, Desired
from .ownership import foreign_things, is_our_account
from .reality import FIREBASE, Reality
from .resources import bucket_steps, queue_steps, repository_steps, secret_steps
from .steps import Action, Plan, Step

PIN = "configuration"
SERVICES_AT_ONCE = 20  # what one call of services:batchEnable takes
KeyState = Literal["not given", "new", "stored"]
PUBLIC_OTHERWISE = (
    "An organization policy forbids allUsers here: {service} no longer checks who invokes it, which is Google's own "
    "way around that. Every function of ours checks access itself."
)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the owner brings besides infra/: whether a key was given and is another than the stored one, a guest, and
    what of somebody else's may become ours: KIND/NAME."""

    account: str = ""
    key: KeyState = "not given"
    guest: str = ""
    adopted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Bootstrap:
    gcloud: Gcloud
    desired: Desired
    reality: Reality
    deployment: Deployment
    wish: Wish = field(default_factory=Wish)

    def plan(self) -> Plan:
        """About what is ours, what is missing, and what may be adopted; somebody else's is in no step."""
        foreign = frozenset(map(str, foreign_things(self.desired, self.reality))) - self.wish.adopted
        return replace(self, desired=self.desired.without(foreign))._plan()

    def _plan(self) -> Plan:
        steps = [
            *self._pin(),
            *self._services(),
            *self._accounts(),
            *repository_steps(self.gcloud, self.desired, self.reality),
            *bucket_steps(self.gcloud, self.desired, self.reality),
            *secret_steps(self.gcloud, self.desired, self.reality, new_key=self.wish.key == "new"),
            *queue_steps(self.gcloud, self.desired, self.reality),
            *self._bindings(of_services=False),
            *self._deployments(),
            *self._bindings(of_services=True),
            *self._checks_of_invokers(),
            *self._firebase(),
            *self._release(),
            *monitoring.steps(self.gcloud, self.desired, self.reality),
            *self._surplus(),
            *self._invite(),
        ]
        return Plan(tuple(_with_known_needs(steps)), tuple(self._notes()))

    def _pin(self) -> Iterator[Step]:
        """A configuration of gcloud's that belongs to this project; the one that is active stays as it is."""
        project, found = self.desired.names.project_id, self.reality.configuration
        core = {} if found is None else found["properties"]["core"]
        name = self.gcloud.pinned().configuration or ""
        commands = []
        if found is None:
            commands.append(("gcloud", "config", "configurations", "create", name, "--no-activate"))
        if core.get("project") != project:
            commands.append(("gcloud", "config", "set", "project", project, f"--configuration={name}"))
        if self.wish.account and not core.get("account"):
            commands.append(("gcloud", "config", "set", "account", self.wish.account, f"--configuration={name}"))
        for setting, value in self.reality.configurations.lacking.items():
            if setting not in SECRETS:  # those come from the environment
                commands.append(("gcloud", "config", "set", setting, value, f"--configuration={name}"))
        if commands:
            actions = tuple(Action(command=command) for command in commands)
            yield Step(
                id=PIN, title="Pin gcloud to the project, in a configuration of its own",
                actions=actions, done=frozenset({"exists"}),
            )  # fmt: skip

    def _services(self) -> Iterator[Step]:
        off = [service for service in self.desired.services if service not in self.reality.services]
        batches = [off[start : start + SERVICES_AT_ONCE] for start in range(0, len(off), SERVICES_AT_ONCE)]
        if off:
            yield Step(
                id="services",
                title=f"Turn on {len(off)} Google {'API' if len(off) == 1 else 'APIs'}",
                actions=tuple(self._gcloud("services", "enable", *batch) for batch in batches),
            )

    def _accounts(self) -> Iterator[Step]:
        for account in self.desired.accounts:
            email, mark = self.desired.names.email(account), f"--description={ACCOUNT_DESCRIPTION}"
            if email not in self.reality.accounts:
                create = ("iam", "service-accounts", "create", account, f"--display-name=Voicemint {account}", mark)
                yield self._account(account, f"Create the account {account}", *create)
            elif not is_our_account(self.reality.accounts[email]):
                take = ("iam", "service-accounts", "update", email, mark)
                yield self._account(account, f"Take the account {account} as Voicemint's", *take)

    def _account(self, account: str, title: str, *command: str) -> Step:
        return Step(
            id=f"account/{account}", title=title, actions=(self._gcloud(*command),), needs=("services",),
            done=frozenset({"exists"}),
        )  # fmt: skip

    def _bindings(self, *, of_services: bool) -> Iterator[Step]:
        """A step each, so they come one at a time: Google refuses a policy that was changed meanwhile."""
        for binding in policies.missing(self.desired, self.reality.policies, self.reality.open_services):
            if (binding.resource.kind == "service") == of_services:
                yield self._binding(binding)

    def _binding(self, binding: Binding) -> Step:
        grant, resource = binding
        public = policies.is_public_invoker(binding)
        member = grant.member.removeprefix("serviceAccount:").partition("@")[0]
        otherwise = self._gcloud(
            "run", "services", "update", resource.name, f"--region={self.desired.names.region}",
            "--no-invoker-iam-check",
        )  # fmt: skip
        return Step(
            id=_binding_id("binding", binding),
            title=f"Give {member} {grant.role} on {resource}" + (" (named buckets)" if grant.condition else ""),
            actions=(policies.change(binding, "add", self.gcloud, self.desired.names),),
            needs=(
                "services",
                f"account/{member}",
                str(resource),
                *([f"function/{resource.name}"] if resource.kind == "service" else []),
            ),
            otherwise=(otherwise,) if public else (),
            otherwise_title=PUBLIC_OTHERWISE.format(service=resource.name),
        )

    def _checks_of_invokers(self) -> Iterator[Step]:
        for name in policies.unchecked(self.desired, self.reality.open_services):
            region = f"--region={self.desired.names.region}"
            yield Step(
                id=f"closed/{name}",
                title=f"Have {name} check who invokes it: it is private, and anybody may now",
                actions=(self._gcloud("run", "services", "update", name, region, "--invoker-iam-check"),),
                needs=("services", f"function/{name}"),
            )

    def _surplus(self) -> Iterator[Step]:
        for binding in policies.surplus(self.desired, self.reality.policies):
            member = binding.grant.member.removeprefix("serviceAccount:").partition("@")[0]
            yield Step(
                id=_binding_id("surplus", binding),
                title=f"Take {binding.grant.role} on {binding.resource} from {member}: infra/iam.txt does not say it",
                actions=(policies.change(binding, "remove", self.gcloud, self.desired.names),),
                done=frozenset({"gone"}),
                removes=True,
            )

    def _deployments(self) -> Iterator[Step]:
        """One function alone first: what Google sets up at a first deployment is not set up several times at once."""
        stale = tuple(name for name in self.deployment.functions if name in self.desired.functions)
        policies_of_build = tuple(
            _binding_id("binding", binding) for binding in self.desired.bindings if binding.resource.kind != "service"
        )
        resources = tuple(str(resource) for resource in self.desired.resources)
        first = not any(name in self.reality.run_services for name in self.desired.functions)
        groups = [stale[:1], stale[1:]] if first else [stale]
        before: tuple[str, ...] = ()
        for group in filter(None, groups):
            step = Step(
                id="functions/" + "+".join(group),
                title=f"Deploy {', '.join(group)}",
                actions=(
                    Action(
                        command=("scripts/deploy.sh", *self._adopting("function"), *group),
                        shown=self.deployment.lines_of(group),
                    ),
                ),
                needs=(
                    "services",
                    *resources,
                    *policies_of_build,
                    *(f"version/{secret}" for secret in self.desired.secrets),
                    *before,
                ),
                provides=tuple(f"function/{name}" for name in group),
            )
            before = (step.id,)
            yield step

    def _firebase(self) -> Iterator[Step]:
        """Google gives a new Firebase project its default site; a project may have lost it since."""
        project = self.desired.names.project_id
        if not self.reality.firebase:
            yield Step(
                id="firebase", title="Make it a Firebase project, which Hosting belongs to",
                actions=(Action(command=("http", "POST", f"{FIREBASE}/projects/{project}:addFirebase")),),
                needs=("services",), done=frozenset({"exists"}),
            )  # fmt: skip
        said = self.desired.names.site
        if not self.reality.sites or (said and said not in self.reality.sites):
            site = said or project
            url = f"{sites_url(project)}?siteId={site}"
            yield Step(
                id="site", title=f"Create the Hosting site {site}, unless it came with Firebase",
                actions=(Action(command=("http", "POST", url)),),
                needs=("services", "firebase"), done=frozenset({"exists"}),
            )  # fmt: skip

    def _adopting(self, kind: str) -> Iterator[str]:
        """What our own scripts are told of what they would refuse to write over."""
        return (f"--adopt={name}" for name in sorted(self.wish.adopted) if name.startswith(f"{kind}/"))

    def _release(self) -> Iterator[Step]:
        is_their_page = any(name.startswith("site/") for name in self.desired.foreign)
        if self.deployment.release and not is_their_page:
            invokers = tuple(
                _binding_id("binding", binding)
                for binding in self.desired.bindings
                if policies.is_public_invoker(binding)
            )
            functions = tuple(f"function/{name}" for name in self.desired.functions)
            yield Step(
                id="release", title="Release the page: a preview, the smoke test, and then live",
                actions=(Action(command=(*self.deployment.release, *self._adopting("site"))),),
                needs=("firebase", "site", "control", *functions, *invokers),
            )  # fmt: skip

    def _invite(self) -> Iterator[Step]:
        if self.wish.guest and not self.reality.guests:
            yield Step(
                id="invite", title=f"Invite the first guest: {self.wish.guest}",
                actions=(Action(command=("scripts/invite.sh", self.wish.guest)),),
                needs=("control", "version/signing-key", "release"),
            )  # fmt: skip

    def _notes(self) -> Iterator[str]:
        names = self.desired.names
        for setting, (pinned, active) in self.reality.configurations.different.items():
            if setting not in SECRETS:
                yield (
                    f"gcloud works with {setting} = {pinned} here; your active configuration says "
                    f"{active or 'nothing of it'}. To change that: gcloud config set {setting} {active or 'VALUE'} "
                    f"--configuration={self.gcloud.pinned().configuration} (or unset)"
                )
        if self.reality.budgets is None:
            yield (
                "This account may not see the budgets of the billing account, so none is made. Who administers it can: "
                f"{' '.join(monitoring.create_budget(self.gcloud, self.desired, self.reality).command)}"
            )
        for secret, found in self.reality.secrets.items():
            if secret in self.desired.secrets and _is_elsewhere(found.get("replication", {}), names.region):
                yield (
                    f"The secret {secret} has replicas in chosen places, which stay. To have Google choose: "
                    f"gcloud secrets delete {secret} --project={names.project_id}, and run this again."
                )
        for secret, versions in self.reality.versions.items():
            unreadable = unreadable_among(secret, versions)
            if unreadable and (enable := unreadable.way_back(names.project_id)):
                yield f"To have version {unreadable.number} of {secret} back instead of a new one: {enable}"
        for bucket in self.desired.buckets:
            where = self.reality.buckets.get(bucket.name, {}).get("location", names.region)
            if where.lower() != names.region:
                yield f"The bucket {bucket.name} is in {where}, not in {names.region}, which cannot be changed."

    def _gcloud(self, *arguments: str) -> Action:
        return Action(command=tuple(self.gcloud.command(*arguments)))


def _is_elsewhere(replication: Mapping[str, Any], region: str) -> bool:
    """Neither where Google likes nor in our region alone, which is ours where an organization forbids the former."""
    replicas = replication.get("userManaged", {}).get("replicas", [])
    return "automatic" not in replication and [replica["location"] for replica in replicas] != [region]


def _binding_id(kind: str, binding: Binding) -> str:
    grant, resource = binding
    member = grant.member.removeprefix("serviceAccount:").partition("@")[0]
    title = grant.title if grant.title != BUCKET_CONDITION_TITLE else ""
    where = "?".join(filter(None, (str(resource), title, grant.condition)))
    return f"{kind}/{member}/{grant.role.removeprefix('roles/')}/{where}"


def _with_known_needs(steps: list[Step]) -> Iterator[Step]:
    """What a step needs and no step provides is there already. Whom gcloud acts as is settled before all else."""
    provided = {name for step in steps for name in (step.id, *step.provides)}
    for step in steps:
        needs = step.needs if step.id == PIN else dict.fromkeys((PIN, *step.needs))
        yield step.needing(tuple(need for need in needs if need in provided))
