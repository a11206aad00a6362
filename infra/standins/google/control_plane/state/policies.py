"""IAM policies of all resources: read, changed with an etag, held to what Google holds them to.

https://cloud.google.com/iam/docs/reference/rest/v1/Policy
"""

import base64
import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from standins.google.control_plane.state.accounts import Accounts
from standins.google.control_plane.state.rules import Rules
from standins.google.errors import GoogleError
from standins.values import Json

Grant = tuple[str, str, str | None]
WITH_CONDITIONS = 3
BASIC_ROLES = frozenset({"roles/owner", "roles/editor", "roles/viewer"})
EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})
KINDS = "user group serviceAccount domain principal principalSet deleted projectOwner projectEditor projectViewer"
MEMBER_KINDS = tuple(f"{kind}:" for kind in KINDS.split())
DOMAIN_CONSTRAINT = "iam.allowedPolicyMemberDomains"


class EtagMismatch(GoogleError):
    """Somebody else changed the policy after it was read."""

    def __init__(self) -> None:
        super().__init__(
            "ABORTED",
            "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
        )


@dataclass
class Policy:
    """`changes` counts the writes; the etag follows from it."""

    bindings: list[Json] = field(default_factory=list)
    changes: int = 0

    @property
    def etag(self) -> str:
        return base64.b64encode(b"\x07" + self.changes.to_bytes(7, "big")).decode() if self.changes else "ACAB"

    @property
    def version(self) -> int:
        return WITH_CONDITIONS if any("condition" in binding for binding in self.bindings) else 1

    def resource(self, requested_version: int = 1) -> Json:
        """Who does not ask for version 3 gets conditions' roles under a name that cannot be used by mistake."""
        bindings = deepcopy(self.bindings)
        version = self.version
        if version == WITH_CONDITIONS and requested_version < WITH_CONDITIONS:
            bindings, version = [_without_condition(binding) for binding in bindings], 1
        return {"version": version, "etag": self.etag, **({"bindings": bindings} if bindings else {})}


class Policies(dict[str, Policy]):
    """By resource: the path of its URL without the API's version, and with the project's id, not its number:

    projects/P, projects/P/serviceAccounts/E, projects/P/secrets/S, b/BUCKET,
    projects/P/locations/R/{repositories,queues,services}/NAME
    """

    def of(self, resource: str) -> Policy:
        return self.setdefault(resource, Policy())

    def bindings_of(self, resource: str) -> set[Grant]:
        """{(role, member, condition's title)}: what a test compares."""
        return {
            (binding["role"], member, binding.get("condition", {}).get("title"))
            for binding in self.of(resource).bindings
            for member in binding["members"]
        }

    def grant(self, resource: str, role: str, member: str) -> None:
        """Past all checks: what Google or somebody else did."""
        policy = self.of(resource)
        policy.bindings = _merged([*policy.bindings, {"role": role, "members": [member]}])
        policy.changes += 1

    def drop(self, resource: str) -> None:
        """What is deleted takes its policy with it, and those of all within it."""
        for name in [name for name in self if name == resource or name.startswith(f"{resource}/")]:
            del self[name]

    def forget_account(self, email: str, unique_id: str) -> None:
        """Bindings of a deleted account stay, under a name that a new account of that e-mail does not get."""
        before, after = f"serviceAccount:{email}", f"deleted:serviceAccount:{email}?uid={unique_id}"
        for policy in self.values():
            for binding in policy.bindings:
                if before in binding["members"]:
                    binding["members"] = [after if member == before else member for member in binding["members"]]
                    policy.changes += 1

    def write(self, resource: str, given: Any, accounts: Accounts, rules: Rules) -> Json:
        """The policy as it is then. `given` replaces all bindings if its etag is missing or right.

        Raises GoogleError, also for a member that is not among `accounts` or that `rules` forbid.
        """
        policy = self.of(resource)
        if not isinstance(given, dict):
            raise GoogleError("INVALID_ARGUMENT", "The policy field is required.")
        if given.get("etag") and _plain(given["etag"]) != _plain(policy.etag):
            raise EtagMismatch
        bindings = [_checked(binding) for binding in given.get("bindings", [])]
        _check_version(policy, given.get("version", 0), bindings)
        for member in sorted({member for binding in bindings for member in binding["members"]}):
            _check_member(member, accounts, rules)
        policy.bindings = _merged(bindings)
        policy.changes += 1
        return policy.resource(WITH_CONDITIONS)


def _plain(etag: str) -> str:
    """gcloud writes bytes in the URL-safe alphabet."""
    return etag.replace("-", "+").replace("_", "/").rstrip("=")


def _checked(binding: Any) -> Json:
    members = binding.get("members", []) if isinstance(binding, dict) else None
    if members is None or not str(binding.get("role", "")).startswith(("roles/", "projects/", "organizations/")):
        raise GoogleError("INVALID_ARGUMENT", f"Role {binding!r} is not supported for this resource.")
    for member in members:
        if member not in EVERYBODY and not member.startswith(MEMBER_KINDS):
            raise GoogleError("INVALID_ARGUMENT", f"Invalid member: {member}")
    condition = binding.get("condition")
    if condition is not None and binding["role"] in BASIC_ROLES:
        raise GoogleError("INVALID_ARGUMENT", f"The basic role {binding['role']} cannot have a condition.")
    if condition is not None and not (condition.get("title") and condition.get("expression")):
        raise GoogleError("INVALID_ARGUMENT", "A condition needs a title and an expression.")
    return dict(binding)


def _check_version(policy: Policy, version: int, bindings: list[Json]) -> None:
    conditional = any("condition" in binding for binding in bindings) or policy.version == WITH_CONDITIONS
    if version not in (0, 1, WITH_CONDITIONS):
        raise GoogleError("INVALID_ARGUMENT", f"Policy version {version} is not valid: use 0, 1 or 3.")
    if conditional and version != WITH_CONDITIONS:
        raise GoogleError(
            "INVALID_ARGUMENT", "The policy has conditional role bindings: its version must be 3 to be set."
        )


def _check_member(member: str, accounts: Accounts, rules: Rules) -> None:
    if member.startswith("serviceAccount:"):
        accounts.check_member(member.removeprefix("serviceAccount:"))
    if member in EVERYBODY and rules.restricts(DOMAIN_CONSTRAINT):
        raise GoogleError(
            "FAILED_PRECONDITION",
            "One or more users named in the policy do not belong to a permitted customer,  perhaps due to an "
            "organization policy.",
        )


def _merged(bindings: list[Json]) -> list[Json]:
    """One binding a role and condition, members sorted, none empty: as Google answers."""
    found: dict[str, Json] = {}
    for binding in bindings:
        key = json.dumps([binding["role"], binding.get("condition")], sort_keys=True)
        kept = found.setdefault(key, {**binding, "members": []})
        kept["members"] = sorted({*kept["members"], *binding["members"]})
    return [found[key] for key in sorted(found) if found[key]["members"]]


def _without_condition(binding: Json) -> Json:
    condition = binding.get("condition")
    if condition is None:
        return binding
    mark = hashlib.sha256(json.dumps(condition, sort_keys=True).encode()).hexdigest()[:20]
    return {"role": f"{binding['role']}_withcond_{mark}", "members": binding["members"]}
