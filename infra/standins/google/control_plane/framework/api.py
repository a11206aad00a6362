"""How an API is described: its hosts, the service that must be enabled, its routes.

    API = Api("cloudtasks.googleapis.com")

    @API.get("/v2/projects/{project}/locations/{location}/queues/{queue}", permission="cloudtasks.queues.get")
    def get_queue(call: Call) -> Json:
        return call.state.part(Queues).get(call.path["queue"]).resource()

A handler is a plain function: it takes a Call, changes state, and returns the JSON answer (or an aiohttp Response), or
raises GoogleError. Before it runs, the core has refused: an unknown project, a service that is not enabled in the
project named in the path, a permission in `rules.denied_permissions`, and with `billed=True` one without billing.
A path's {name} is one segment without ":"; {name*} takes the rest, slashes too.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler

from standins.google.control_plane.framework.enforcement import Demand, enforce, enforce_in_project
from standins.google.control_plane.state.projects import Project
from standins.google.control_plane.state.request_log import Logged
from standins.google.control_plane.state.state import State
from standins.google.errors import GoogleError
from standins.values import Json

PATH_PARAMETER = re.compile(r"\{(\w+)(\*?)\}")


@dataclass(frozen=True)
class Call:
    """One request as a handler sees it. `path`: the values of the template's names, decoded.

    `services`: those that this Google answers for.
    """

    state: State
    request: web.Request
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    demand: Demand
    services: frozenset[str]

    @property
    def url_path(self) -> str:
        return self.request.path

    @property
    def host(self) -> str:
        return self.request.host

    @property
    def project(self) -> Project:
        """The project that {project} names, by id or number."""
        return self.state.project(self.path["project"])

    def enforce(self, project: Project) -> None:
        """For a path that does not say the project: refuse what the core refuses where it does."""
        enforce_in_project(self.state, self.demand, project, self.url_path)

    def json(self) -> Json:
        """The body; none at all is an empty object."""
        try:
            value = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise GoogleError("INVALID_ARGUMENT", "Invalid JSON payload received.")
        return value


CallHandler: TypeAlias = Callable[[Call], "Json | web.StreamResponse"]


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    handler: CallHandler
    demand: Demand


class Api:
    """One API. `hosts` default to the service's name; one may begin with "*-" for regional hosts.

    always_on: its calls work in a project that did not enable it.
    A subclass that stands on an existing application overrides `mount`, and what else is different.
    """

    def __init__(self, service: str, *hosts: str, always_on: bool = False) -> None:
        self.service = service
        self.hosts = hosts or (service,)
        self.always_on = always_on
        self.routes: list[Route] = []

    def mount(self, _state: State) -> web.Application | None:
        """An application that answers besides the routes; `mounted` tells what is demanded of its handlers."""
        return None

    @property
    def mounted(self) -> Mapping[Handler, Demand]:
        return {}

    def enforce(self, state: State, demand: Demand, path: Mapping[str, str], entry: Logged) -> None:
        """Refuse what Google refuses before it looks closer. Raises GoogleError."""
        enforce(state, demand, path, entry)

    def done(self, state: State, entry: Logged) -> None:
        """After a change: what is deleted takes its policies with it."""
        if entry.method == "DELETE":
            state.policies.drop(state.resource_name(entry.path))

    def refusal(self, error: GoogleError) -> web.Response:
        """How this API says no."""
        return error.answer()

    def demand(self, method: str, *, permission: str | None, billed: bool, read: bool) -> Demand:
        return Demand(self.service, self.always_on, method != "GET" and not read, permission, billed)

    def route(
        self, method: str, path: str, *, permission: str | None = None, billed: bool = False, read: bool = False
    ) -> Callable[[CallHandler], CallHandler]:
        """Register a handler. `read`: this POST changes nothing. `billed`: refused while billing is off."""

        def register(handler: CallHandler) -> CallHandler:
            demand = self.demand(method, permission=permission, billed=billed, read=read)
            self.routes.append(Route(method, path, handler, demand))
            return handler

        return register

    def get(self, path: str, *, permission: str | None = None) -> Callable[[CallHandler], CallHandler]:
        return self.route("GET", path, permission=permission)

    def post(
        self, path: str, *, permission: str | None = None, billed: bool = False, read: bool = False
    ) -> Callable[[CallHandler], CallHandler]:
        return self.route("POST", path, permission=permission, billed=billed, read=read)

    def put(
        self, path: str, *, permission: str | None = None, billed: bool = False
    ) -> Callable[[CallHandler], CallHandler]:
        return self.route("PUT", path, permission=permission, billed=billed)

    def patch(
        self, path: str, *, permission: str | None = None, billed: bool = False
    ) -> Callable[[CallHandler], CallHandler]:
        return self.route("PATCH", path, permission=permission, billed=billed)

    def delete(self, path: str, *, permission: str | None = None) -> Callable[[CallHandler], CallHandler]:
        return self.route("DELETE", path, permission=permission)


def aiohttp_path(template: str) -> str:
    return PATH_PARAMETER.sub(lambda found: f"{{{found[1]}:{'.+' if found[2] else '[^/:]+'}}}", template)
