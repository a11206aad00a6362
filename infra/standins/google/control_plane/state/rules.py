"""What a test may change about how strict, slow or forgetful this Google is."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Rules:
    """`org_policies`: constraint -> PolicySpec, e.g. {"rules": [{"values": {"allowedValues": ["C0123"]}}]}.

    `runtime_stages`: runtime -> DEPRECATED or DECOMMISSIONED; all others are GA.
    `reserved_sites`: names of Hosting sites that are kept for other projects.
    `terms_accepted`: whether the owner has ever accepted Firebase's terms of service.
    `fresh_permissions`: permission -> how often it is refused still, though the project's policy gives it.
    `fresh_builds`: how many builds may not read their source yet. `unbuildable_regions`: where no build may run.
    `perimeter`: services that a VPC Service Controls perimeter closes to callers from here.
    `clock_ahead_seconds`: by how much the Date of every answer is in the future.
    """

    denied_permissions: set[str] = field(default_factory=set)
    org_policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    taken_buckets: set[str] = field(default_factory=set)
    reserved_sites: set[str] = field(default_factory=set)
    unseen_accounts: int = 0
    unseen_services: int = 0
    polls: int = 2
    runtime_stages: dict[str, str] = field(default_factory=dict)
    clock_ahead_seconds: float = 0.0
    terms_accepted: bool = True
    fresh_permissions: dict[str, int] = field(default_factory=dict)
    fresh_builds: int = 0
    unbuildable_regions: set[str] = field(default_factory=set)
    perimeter: set[str] = field(default_factory=set)

    def restricts(self, constraint: str) -> bool:
        """An organisation's policy names values, or denies all."""
        rules = self.org_policies.get(constraint, {}).get("rules", [])
        return any(rule.get("denyAll") or rule.get("values") or rule.get("enforce") for rule in rules)

    def is_fresh(self, permission: str | None) -> bool:
        """Whether a permission was given a moment ago and is refused once more."""
        left = self.fresh_permissions.get(permission or "", 0)
        if left:
            self.fresh_permissions[permission or ""] = left - 1
        return left > 0

    def allows_location(self, location: str) -> bool:
        """By the constraint gcp.resourceLocations: values are regions, `global`, or groups like in:us-locations."""
        rules = self.org_policies.get("gcp.resourceLocations", {}).get("rules", [])
        for rule in rules:
            values = rule.get("values", {})
            allowed, denied = values.get("allowedValues", []), values.get("deniedValues", [])
            if rule.get("denyAll") or any(_holds(value, location) for value in denied):
                return False
            if allowed and not any(_holds(value, location) for value in allowed):
                return False
        return True


def _holds(value: str, location: str) -> bool:
    place = value.removeprefix("in:").removesuffix("-locations")
    return location.lower() == place or (value.startswith("in:") and location.lower().startswith(f"{place}-"))
