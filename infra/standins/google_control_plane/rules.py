"""What a test may change about how strict, slow or forgetful this Google is."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Rules:
    """`org_policies`: constraint -> PolicySpec, e.g. {"rules": [{"values": {"allowedValues": ["C0123"]}}]}.

    `runtime_stages`: runtime -> DEPRECATED or DECOMMISSIONED; all others are GA.
    `reserved_sites`: names of Hosting sites that are kept for other projects.
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

    def restricts(self, constraint: str) -> bool:
        """An organisation's policy names values, or denies all."""
        rules = self.org_policies.get(constraint, {}).get("rules", [])
        return any(rule.get("denyAll") or rule.get("values") or rule.get("enforce") for rule in rules)
