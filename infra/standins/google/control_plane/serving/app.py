"""All APIs as one aiohttp application, by host: each request is logged, held to what its route demands, answered."""

import json
import time
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from standins.faults import RESET, RESET_AFTER_COMMIT
from standins.google.control_plane.framework.api import Api, Call, CallHandler, aiohttp_path
from standins.google.control_plane.framework.enforcement import Demand
from standins.google.control_plane.serving.forwarding import forward
from standins.google.control_plane.state.faults import REFUSALS, Fault
from standins.google.control_plane.state.request_log import Logged
from standins.google.control_plane.state.state import State
from standins.google.errors import GoogleError
from standins.google.faults import reset_connection

MAX_BODY_BYTES = 128 * 1024 * 1024


def create_app(state: State, apis: Sequence[Api], pass_through: Mapping[str, str]) -> web.Application:
    """The whole of Google. `pass_through`: see ControlPlane; it may change while the application runs."""
    service = _Service(state, apis, pass_through)
    root = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[service.middleware])
    for host, app in service.apps_by_host().items():
        root.add_domain(host, app)
    return root


class _Service:
    """The middleware and what it knows of the routes."""

    def __init__(self, state: State, apis: Sequence[Api], pass_through: Mapping[str, str]) -> None:
        self._state, self._apis, self._pass_through = state, apis, pass_through
        self._services = frozenset(api.service for api in apis)
        self._demands: dict[Any, tuple[Api, Demand]] = {}

    def apps_by_host(self) -> dict[str, web.Application]:
        apps: dict[str, web.Application] = {}
        for api in self._apis:
            for host in api.hosts:
                mounted = api.mount(self._state)
                if mounted is not None:
                    apps[host] = mounted
                    self._demands |= {handler: (api, demand) for handler, demand in api.mounted.items()}
        for api in self._apis:
            for host in api.hosts:
                self._add_routes(apps.setdefault(host, web.Application()), api)
        return apps

    def _add_routes(self, app: web.Application, api: Api) -> None:
        for route in api.routes:
            handler = self._adapted(route.handler, route.demand)
            self._demands[handler] = (api, route.demand)
            app.router.add_route(route.method, aiohttp_path(route.path), handler)

    def _adapted(self, handler: CallHandler, demand: Demand) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            call = Call(self._state, request, request.match_info, request.query, body, demand, self._services)
            answered = handler(call)
            return answered if isinstance(answered, web.StreamResponse) else web.json_response(answered)

        return answer

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host in self._pass_through:
            return await forward(request, self._pass_through[request.host], vouched=True)
        api, demand = self._demands.get(request.match_info.handler, (None, None))
        entry = await _entry(request, demand)
        self._state.log.append(entry)
        if api is None or demand is None:
            response: web.StreamResponse = self._not_there(entry)
        else:
            response = await self._answer(request, handler, api, demand, entry)
        entry.status = response.status
        entry.changed = entry.write and response.status < 400
        if ahead := self._state.rules.clock_ahead_seconds:
            response.headers["Date"] = formatdate(time.time() + ahead, usegmt=True)
        if isinstance(response, web.Response):
            entry.answer = _value(response.body if isinstance(response.body, bytes) else b"")
        return response

    async def _answer(
        self, request: web.Request, handler: Handler, api: Api, demand: Demand, entry: Logged
    ) -> web.StreamResponse:
        fault = self._state.faults.take(entry)
        try:
            _before(fault, request, entry)
            api.enforce(self._state, demand, request.match_info, entry)
            response = await handler(request)
        except GoogleError as error:
            response = api.refusal(error)
        if entry.write and response.status < 400:
            api.done(self._state, entry)
        _after(fault, request, entry, response)
        return response

    def _not_there(self, entry: Logged) -> web.Response:
        self._state.unknown.append(f"{entry.method} {entry.host}{entry.path}")
        return GoogleError("NOT_FOUND", f"The local Google has no {entry.method} {entry.host}{entry.path}").answer()


def _before(fault: Fault | None, request: web.Request, entry: Logged) -> None:
    if fault is None:
        return
    if fault.before:
        fault.before(entry)
    if fault.fault in REFUSALS:
        raise REFUSALS[fault.fault](entry)
    if fault.fault == RESET:
        reset_connection(request)


def _after(fault: Fault | None, request: web.Request, entry: Logged, response: web.StreamResponse) -> None:
    if fault is None:
        return
    if fault.after:
        fault.after(entry)
    if fault.fault == RESET_AFTER_COMMIT:
        entry.changed = entry.write and response.status < 400
        reset_connection(request)


async def _entry(request: web.Request, demand: Demand | None) -> Logged:
    return Logged(
        request.method,
        request.host,
        request.path,
        dict(request.query),
        _value(await request.read()),
        {name.lower(): value for name, value in request.headers.items()},
        demand is not None and demand.write,
    )


def _value(body: bytes) -> Any:
    """A JSON value, or the bytes as they are."""
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return body
