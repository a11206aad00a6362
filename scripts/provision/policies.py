"""Policies: the gcloud commands of each kind of resource, and the bindings that are missing or too many."""

from collections.abc import Mapping

from .desired import EVERYBODY, Binding, Desired, Grant, Resource
from .names import Names

BUCKET_CONDITION_TITLE = "buckets-by-name"


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


def change_command(binding: Binding, verb: str, names: Names) -> tuple[str, ...]:
    """`verb` is add or remove."""
    grant, resource = binding
    command = (
        *policy_command(resource, f"{verb}-iam-policy-binding", names),
        f"--member={grant.member}",
        f"--role={grant.role}",
    )
    if grant.condition:
        return (*command, f"--condition=expression={grant.condition},title={BUCKET_CONDITION_TITLE}")
    # gcloud asks which condition is meant where a policy has one for this role already.
    return (*command, "--condition=None") if resource.kind in ("project", "account") else command


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
    """There, of an account of ours or for everybody on something of ours, and in no line of iam.txt."""
    wanted = set(desired.bindings)
    found = (Binding(grant, resource) for resource in desired.resources for grant in policies.get(resource, ()))
    return sorted(binding for binding in found if binding not in wanted and _is_ours(binding, desired))


def is_public_invoker(binding: Binding) -> bool:
    return binding.resource.kind == "service" and binding.grant[:2] == ("allUsers", "roles/run.invoker")


def _is_ours(binding: Binding, desired: Desired) -> bool:
    member = binding.grant.member
    return member in desired.members or (member in EVERYBODY and binding.resource.kind != "project")
