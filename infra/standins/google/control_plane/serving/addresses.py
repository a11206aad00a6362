"""The addresses of what was released and deployed: https://SITE.web.app, its channels', and https://…run.app."""

import asyncio
import gzip
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from standins import hosting
from standins.google.control_plane.framework.api import Api
from standins.google.control_plane.framework.enforcement import Demand
from standins.google.control_plane.serving.forwarding import forward
from standins.google.control_plane.serving.revisions import Revisions
from standins.google.control_plane.state.hosting_sites import Site, Sites, Version
from standins.google.control_plane.state.request_log import Logged
from standins.google.control_plane.state.run_services import Services
from standins.google.control_plane.state.state import State
from standins.guard import GUARD, Guard
from standins.serving import serving
from standins.values import Json

MAX_BODY_BYTES = 64 * 1024 * 1024
NO_SITE = "<!doctype html><title>Site Not Found</title><h1>Site Not Found</h1>"
HOSTS = RUN_HOSTS, SITE_HOSTS = "*.run.app", "*.web.app"


def addresses(sites: "ReleasedSites", revisions: Revisions) -> list[Api]:
    """What was released and deployed, as two more APIs."""

    async def answer_for_a_service(request: web.Request) -> web.StreamResponse:
        return await revisions.answer(request, request.host, request.raw_path)

    return [
        _Addresses("run.googleapis.com", RUN_HOSTS, answer_for_a_service),
        _Addresses("firebasehosting.googleapis.com", SITE_HOSTS, sites.answer),
    ]


class _Addresses(Api):
    """Everything under a domain; whoever asks needs no permission."""

    def __init__(self, service: str, host: str, answer: Handler) -> None:
        super().__init__(service, host, always_on=True)
        self._answer = answer

    def mount(self, _state: State) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    @property
    def mounted(self) -> Mapping[Handler, Demand]:
        return {self._answer: Demand(self.service, self.always_on, write=False)}

    def enforce(self, _state: State, _demand: Demand, _path: Mapping[str, str], _entry: Logged) -> None:
        """Anybody may knock."""


class ReleasedSites:
    """Each version that was asked for, served by the Hosting stand-in from files of its own.

    `knows`: the hosts that lead here, which the Hosting stand-in lets pass.
    """

    def __init__(self, state: State, revisions: Revisions, knows: Callable[[str], bool]) -> None:
        self._state, self._revisions, self._knows = state, revisions, knows
        self._stack = AsyncExitStack()
        self._folder = Path(tempfile.mkdtemp(prefix="voicemint-sites-"))
        self._urls: dict[str, str] = {}
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        await self._stack.aclose()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What a web.app host says."""
        channel = self._state.part(Sites).at(request.host)
        version = channel.releases[-1].version if channel and channel.releases else None
        if version is None:
            return web.Response(status=404, text=NO_SITE, content_type="text/html")
        return await forward(request, await self._url_of(version))

    async def _url_of(self, version: Version) -> str:
        site = self._state.part(Sites)[version.name.split("/")[3]]
        services = await self._services(site, version)
        made_of = json.dumps([version.name, version.files, version.config, services], sort_keys=True)
        key = hashlib.sha256(made_of.encode()).hexdigest()[:20]
        async with self._lock:
            if key not in self._urls:
                firebase_json = _write(self._folder / key, site, version)
                app = hosting.create_app(firebase_json, services)
                app[GUARD] = Guard(also_named=self._knows, hands_on=True)
                self._urls[key] = await self._stack.enter_async_context(serving(app))
        return self._urls[key]

    async def _services(self, site: Site, version: Version) -> dict[str, str]:
        """Where each rewrite leads: to the tagged revision, or to whichever has the traffic."""
        router, found = await self._revisions.router_url(), {}
        for rewrite in version.config.get("rewrites", []):
            run = rewrite["run"]
            service = self._state.part(Services).get((site.project_id, run["region"], run["serviceId"]))
            tag = f"{run['tag']}---" if run.get("tag") else ""
            found[run["serviceId"]] = f"{router}/{tag}{service.host}" if service else f"{router}/gone"
        return found


def _write(folder: Path, site: Site, version: Version) -> Path:
    """The version as a folder that Hosting's own configuration describes."""
    for path, content in version.files.items():
        file = folder / "dist" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.decompress(site.contents[content]))
    config = {"public": "dist", "rewrites": _rewrites(version.config), "headers": _headers(version.config)}
    (folder / "firebase.json").write_text(json.dumps({"hosting": config}))
    return folder / "firebase.json"


def _rewrites(config: Json) -> list[Json]:
    return [
        {"source": rewrite["glob"], "run": {"serviceId": rewrite["run"]["serviceId"]}}
        for rewrite in config.get("rewrites", [])
    ]


def _headers(config: Json) -> list[Json]:
    return [
        {"source": rule["glob"], "headers": [{"key": key, "value": value} for key, value in rule["headers"].items()]}
        for rule in config.get("headers", [])
    ]
