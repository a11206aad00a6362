"""Policies: how a binding of each kind of resource is changed, and the bindings that are missing or too many.

Somebody may have given bindings with a condition. gcloud then has to be told which condition is meant. For queues and
image repositories (528) it cannot be told, or loses the others' conditions, and of a condition that is not ours it
wants to be told every word: those are changed by a request, as version 3 of a policy.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.gcloud import Gcloud
from common.names import Names

from .desired import BUCKET_CONDITION_TITLE, EVERYBODY, Binding, Desired, Grant, Resource
from .doctor.rest import policy_request
from .steps import Action

READ_AND_WRITTEN_WHOLE = ("queue", "repository")
WITH_CONDITIONS = 3
BASIC = ("Owner", "Editor", "Viewer")  # Google's convenience values for who has a basic role on the project
READS_ALL = frozenset(
    f"roles/{role}"
    for role in (
        "secretmanager.admin", "secretmanager.secretAccessor", "storage.admin", "storage.objectAdmin",
        "storage.objectUser", "storage.objectViewer",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """`verb` is add or remove."""

    verb: str
    grant: Grant
    read: tuple[str, str, Any]
    write: tuple[str, str]

    def body(self, policy: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is written in place of the policy that was read: everything else in it stays."""
        changed = {**policy, "version": WITH_CONDITIONS, "bindings": self._bindings(policy.get("bindings", []))}
        return changed if self.write[0] == "PUT" else {"policy": changed}

    def _bindings(self, found: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        if self.verb == "add":
            return [*found, {"role": self.grant.role, "members": [self.grant.member]}]
        return [self._without(binding) if self._is_meant(binding) else binding for binding in found]

    def _without(self, binding: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**binding, "members": [member for member in binding["members"] if member != self.grant.member]}

    def _is_meant(self, binding: Mapping[str, Any]) -> bool:
        condition = binding.get("condition", {})
        said = (binding["role"], condition.get("expression", ""), condition.get("title", ""))
        return said == (self.grant.role, self.grant.condition, self.grant.title)

    @property
    def line(self) -> str:
        """As the owner could type it."""
        method, url, body = self.read
        asked = f" --json {shlex.quote(json.dumps(body))}" if body else ""
        whole = "." if self.write[0] == "PUT" else "{policy: .}"
        return (
            f"curl --request {method} {shlex.quote(url)}{asked} | jq {shlex.quote(f'{self._filter} | {whole}')} | "
            f"curl --request {self.write[0]} {shlex.quote(self.write[1])} --json @-  # and gcloud's access token"
        )

    @property
    def _filter(self) -> str:
        member, role, expression, title = map(json.dumps, self.grant)
        if self.verb == "add":
            return f".version = 3 | .bindings += [{{role: {role}, members: [{member}]}}]"
        meant = (
            f'.role == {role} and (.condition.expression // "") == {expression} and (.condition.title // "") == {title}'
        )
        return f".version = 3 | (.bindings[] | select({meant}) | .members) -= [{member}]"


def policy_command(resource: Resource, verb: str, names: Names) -> tuple[str, ...]:
    """`verb` is get-iam-policy, add-iam-policy-binding or remove-iam-policy-binding; no "gcloud" in front."""
    name, region = resource.name, names.region
    return {
        "project": ("projects", verb, names.project_id),
        "account": ("iam", "service-accounts", verb, names.email(name)),
        "bucket": ("storage", "buckets", verb, f"gs://{name}"),
        "repository": ("artifacts", "repositories", verb, name, f"--location={region}"),
        "secret": ("secrets", verb, name),
        "service": ("run", "services", verb, name, f"--region={region}"),
        "queue": ("tasks", "queues", verb, name, f"--location={region}"),
    }[resource.kind]


def change(binding: Binding, verb: str, gcloud: Gcloud, names: Names) -> Action:
    """`verb` is add or remove."""
    grant, resource = binding
    if resource.kind in READ_AND_WRITTEN_WHOLE or grant.title not in ("", BUCKET_CONDITION_TITLE):
        group = policy_command(resource, verb, names)[0]
        return Action(command=("policy", group, verb, str(resource)), policy=_request(binding, verb, names))
    return Action(command=tuple(gcloud.command(*_change_command(binding, verb, names))))


def _change_command(binding: Binding, verb: str, names: Names) -> tuple[str, ...]:
    grant, resource = binding
    condition = f"expression={grant.condition},title={grant.title}" if grant.condition else "None"
    return (
        *policy_command(resource, f"{verb}-iam-policy-binding", names),
        f"--member={grant.member}",
        f"--role={grant.role}",
        f"--condition={condition}",
    )


def _request(binding: Binding, verb: str, names: Names) -> PolicyChange:
    read = policy_request(binding.resource, names)
    url = read[1].partition("?")[0]
    is_bucket = binding.resource.kind == "bucket"
    write = ("PUT", url) if is_bucket else ("POST", url.replace(":getIamPolicy", ":setIamPolicy"))
    return PolicyChange(verb, binding.grant, read, write)


def missing(
    desired: Desired, policies: Mapping[Resource, frozenset[Grant]], open_services: frozenset[str]
) -> list[Binding]:
    """Wanted and not there. A service whose invoker is not checked is as public as a binding would make it."""
    return [
        binding
        for binding in desired.bindings
        if binding.grant not in policies.get(binding.resource, frozenset())
        and not (is_public_invoker(binding) and binding.resource.name in open_services)
    ]


def surplus(desired: Desired, policies: Mapping[Resource, frozenset[Grant]]) -> list[Binding]:
    """There, and in no line of iam.txt: of an account of ours, or on something of ours for everybody, or for all who
    may look at the project, which Google gives every new bucket."""
    wanted = set(desired.bindings)
    found = (Binding(grant, resource) for resource in desired.resources for grant in policies.get(resource, ()))
    return sorted(binding for binding in found if binding not in wanted and _is_ours(binding, desired))


def unchecked(desired: Desired, open_services: frozenset[str]) -> list[str]:
    """Private functions of ours that anybody may invoke, because nobody's invitation is checked."""
    public = {binding.resource.name for binding in desired.bindings if is_public_invoker(binding)}
    return sorted(open_services & (set(desired.functions) - public))


def foreign(desired: Desired, policies: Mapping[Resource, frozenset[Grant]]) -> list[Binding]:
    """What others were given on things of ours or, of what reads buckets and secrets, on the whole project; and what
    everybody was given there. It is the owner's to decide: nothing is planned about it."""
    known = desired.members | {f"project{kind}:{desired.names.project_id}" for kind in BASIC}
    found = (Binding(grant, resource) for resource in desired.resources for grant in policies.get(resource, ()))
    return sorted(
        binding
        for binding in found
        if _is_told(binding) and not _is_ours(binding, desired) and binding.grant.member not in known
    )


def _is_told(binding: Binding) -> bool:
    grant, resource = binding
    if grant.member.startswith("deleted:"):
        return False
    if resource.kind == "project":
        return grant.member in EVERYBODY or grant.role in READS_ALL
    return resource.kind in ("bucket", "secret")


def is_public_invoker(binding: Binding) -> bool:
    return binding.resource.kind == "service" and binding.grant[:2] == ("allUsers", "roles/run.invoker")


def _is_ours(binding: Binding, desired: Desired) -> bool:
    member = binding.grant.member
    if binding.resource.kind == "project":
        return member in desired.members
    is_any_viewer = binding.resource.kind == "bucket" and member == f"projectViewer:{desired.names.project_id}"
    return member in desired.members or member in EVERYBODY or is_any_viewer
