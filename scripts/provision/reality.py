"""What a project is now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from common.hosting_site import default_site
from voicemint.access.invites import INVITED_PREFIX, REDEEMED_PREFIX

from .configuration import Configurations
from .desired import Grant, Resource

Json = Mapping[str, Any]
FIREBASE = "https://firebase.googleapis.com/v1beta1"
INVOKER_UNCHECKED = "run.googleapis.com/invoker-iam-disabled"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The project as Google knows it. `billing_account` is empty where billing is off, None where we may not see."""

    number: str
    name: str
    state: str
    billing_account: str | None
    billing_account_name: str = ""


@dataclass(frozen=True, kw_only=True)
class Reality:
    """Every mapping is by the short name of the thing."""

    identity: Identity
    configurations: Configurations = field(default_factory=Configurations)
    active_account: str = ""  # who is signed in where the owner's shell is
    services: frozenset[str] = frozenset()
    accounts: Mapping[str, Json] = field(default_factory=dict)
    buckets: Mapping[str, Json] = field(default_factory=dict)
    control_objects: frozenset[str] = frozenset()
    repositories: Mapping[str, Json] = field(default_factory=dict)
    secrets: Mapping[str, Json] = field(default_factory=dict)
    versions: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    queues: Mapping[str, Json] = field(default_factory=dict)
    run_services: Mapping[str, Json] = field(default_factory=dict)
    policies: Mapping[Resource, frozenset[Grant]] = field(default_factory=dict)
    firebase: bool = False
    sites: Mapping[str, Json] = field(default_factory=dict)
    pages: Mapping[str, Json] = field(default_factory=dict)  # the live release of each site that shows something
    functions: Mapping[str, Json] = field(default_factory=dict)
    triggers: tuple[Json, ...] = ()
    unread: tuple[str, ...] = ()  # what a tolerant reader was refused
    budgets: tuple[Json, ...] | None = ()
    dashboards: tuple[Json, ...] = ()
    alerts: tuple[Json, ...] = ()
    channels: tuple[Json, ...] = ()  # read where ALERT_EMAIL asks for one, and for a teardown

    @property
    def open_services(self) -> frozenset[str]:
        """Services that anybody may invoke without a binding: --no-invoker-iam-check."""
        return frozenset(
            name
            for name, service in self.run_services.items()
            if str(service["metadata"].get("annotations", {}).get(INVOKER_UNCHECKED)).lower() == "true"
        )

    @property
    def configuration(self) -> Json | None:
        """gcloud's own, of this project."""
        return self.configurations.pinned

    @property
    def default_site(self) -> str:
        return default_site(self.sites.values())

    @property
    def guests(self) -> bool:
        return any(name.startswith((INVITED_PREFIX, REDEEMED_PREFIX)) for name in self.control_objects)


def grants_of(policy: Json) -> frozenset[Grant]:
    """A policy as Google answers it, one grant a member."""
    return frozenset(
        Grant(member, binding["role"], condition.get("expression", ""), condition.get("title", ""))
        for binding in policy.get("bindings", [])
        for condition in (binding.get("condition", {}),)
        for member in binding["members"]
    )
