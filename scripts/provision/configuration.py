"""gcloud's configuration of the project, which takes over from the owner's active one what decides who asks, and how.

An owner who acts as another account, through a proxy, with a CA of the company's own or for another quota project does
so with the pinned configuration too: else the plan would be read as one account, and done as another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.console import CommandFailed

Properties = Mapping[str, str]
# Whole sections, so that a property that a later gcloud has is taken over too; of core, what is about this.
SECTIONS = ("api_client_overrides", "api_endpoint_overrides", "auth", "billing", "context_aware", "proxy", "regional")
CORE = ("custom_ca_certs_file", "request_reason", "universe_domain")
# Values that no command line may show.
SECRETS = ("auth/client_secret", "proxy/password")
IMPERSONATION = "auth/impersonate_service_account"


@dataclass(frozen=True)
class Configurations:
    """`pinned` is the project's own as gcloud lists it, None where there is none yet; `active` the owner's."""

    pinned: Mapping[str, Any] | None = None
    active: Mapping[str, Any] | None = None

    @property
    def lacking(self) -> Properties:
        """What the active one says of who asks and how, and the pinned one does not."""
        said = deciding(self.pinned)
        return {name: value for name, value in deciding(self.active).items() if name not in said}

    @property
    def different(self) -> Mapping[str, tuple[str, str]]:
        """What the two say differently: the pinned one's value, which counts, and the active one's, maybe empty."""
        active = deciding(self.active)
        both = {name: (value, active.get(name, "")) for name, value in deciding(self.pinned).items()}
        return {name: values for name, values in both.items() if values[0] != values[1]}

    @property
    def is_pinned(self) -> bool:
        """Whether the pinned one may be used: it is there, and lacks nothing."""
        return self.pinned is not None and not self.lacking


def deciding(configuration: Mapping[str, Any] | None) -> Properties:
    """SECTION/NAME of each property that decides who asks and how, in one of gcloud's configurations."""
    sections = configuration["properties"] if configuration else {}
    return {
        f"{section}/{name}": str(value)
        for section, properties in sections.items()
        for name, value in properties.items()
        if value is not None and (section in SECTIONS or (section == "core" and name in CORE))
    }


def refuse_secrets(configurations: Configurations, environ: Mapping[str, str]) -> None:
    """What cannot be taken over without being shown. Raises CommandFailed."""
    for name in SECRETS:
        variable = f"CLOUDSDK_{name.replace('/', '_').upper()}"
        if name in configurations.lacking and not environ.get(variable):
            raise CommandFailed(
                happened=f"gcloud's active configuration has a secret, {name}, which the project's own configuration "
                "could only be given on a command line",
                todo=f"Say it in the environment: export {variable}=…, and then: gcloud config unset {name}. "
                "Nothing was changed.",
            )
