"""What Google asks of every request before its API looks at it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from standins.google.control_plane.state.projects import Project
from standins.google.control_plane.state.refusals import (
    billing_disabled,
    location_forbidden,
    no_such_location,
    outside_perimeter,
    permission_denied,
    service_disabled,
)
from standins.google.control_plane.state.request_log import Logged
from standins.google.control_plane.state.state import State

ANY_PROJECT = "-"
# All and none of them, and the regions that there are, whichever of the APIs each has: no more than nineteen each.
LOCATION = re.compile(
    r"-|global|(africa|asia|australia|europe|me|northamerica|southamerica|us)"
    r"-(north|south|east|west|central|northeast|southeast|southwest)1?[0-9]"
)
USE_SERVICES = "serviceusage.services.use"


@dataclass(frozen=True)
class Demand:
    """What is asked of a request before its handler runs. `write`: it changes something unless it is refused."""

    service: str
    always_on: bool
    write: bool
    permission: str | None = None
    billed: bool = False


def enforce(state: State, demand: Demand, path: Mapping[str, str], entry: Logged) -> None:
    """Raise GoogleError unless the project is there, the service is on, somebody pays, and the caller may."""
    enforce_quota_project(state, demand, entry.headers.get("x-goog-user-project"))
    named = path.get("project") or entry.query.get("project")
    if named is not None and named != ANY_PROJECT:
        enforce_in_project(state, demand, state.project(named), entry.path)
        location = path.get("region") or path.get("location")
        if location is not None and not LOCATION.fullmatch(location):
            raise no_such_location(location, state.project(named))
        if location is not None and demand.write and str(demand.permission).endswith(".create"):
            enforce_location(
                state, state.project(named), str(demand.permission).split(".")[1].removesuffix("s"), location
            )
    elif demand.permission in state.rules.denied_permissions:
        raise permission_denied(demand.permission, entry.path.lstrip("/"), demand.service)


def enforce_location(state: State, project: Project, kind: str, location: str) -> None:
    """An organisation may allow only some locations for what is made."""
    if not state.rules.allows_location(location):
        raise location_forbidden(project, kind, location)


def enforce_quota_project(state: State, demand: Demand, name: str | None) -> None:
    """A request that counts as a project's: the service must be on there, always, and the caller may use it."""
    if name is None:
        return
    project = state.project(name)
    if demand.service not in project.services:
        raise service_disabled(demand.service, project.number)
    if USE_SERVICES in state.rules.denied_permissions:
        raise permission_denied(USE_SERVICES, project.resource, "serviceusage.googleapis.com")


def enforce_in_project(state: State, demand: Demand, project: Project, path: str) -> None:
    """The same for a request whose path does not say the project."""
    if not demand.always_on:
        refuses = project.services.get(demand.service)
        if refuses is None or refuses > 0:
            if refuses:
                project.services[demand.service] = refuses - 1
            raise service_disabled(demand.service, project.number)
    if demand.service in state.rules.perimeter:
        raise outside_perimeter(demand.service, project)
    if demand.permission in state.rules.denied_permissions or state.rules.is_fresh(demand.permission):
        raise permission_denied(str(demand.permission), path.split("/", 2)[2], demand.service)
    if demand.billed and project.billing_account is None:
        raise billing_disabled(project)
