"""The addresses of what was released and deployed: https://SITE.web.app, its channels', and https://…run.app."""

import asyncio
import gzip
import hashlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.typedefs import Handler

from standins import hosting
from standins.google.control_plane.api import Api, Json
from standins.google.control_plane.enforcement import Demand
from standins.google.control_plane.forwarding import forward
from standins.google.control_plane.hosting_sites import Site, Sites, Version
from standins.google.control_plane.machines import close_machines, machines_of
from standins.google.control_plane.request_log import Logged
from standins.google.control_plane.run_services import Services
from standins.guard import GUARD, Guard
from standins.serving import serving

if TYPE_CHECKING:
    from standins.google.control_plane.plane import ControlPlane

MAX_BODY_BYTES = 64 * 1024 * 1024
NO_SITE = "<!doctype html><title>Site Not Found</title><h1>Site Not Found</h1>"
PLANE = web.AppKey["ControlPlane"]("plane")
SITES = web.AppKey["_ReleasedSites"]("sites")


async def _answer_for_a_service(request: web.Request) -> web.StreamResponse:
    return await machines_of(request.app[PLANE]).answer(request, request.host, request.raw_path)


async def _answer_for_a_site(request: web.Request) -> web.StreamResponse:
    channel = request.app[PLANE].part(Sites).at(request.host)
    version = channel.releases[-1].version if channel and channel.releases else None
    if version is None:
        return web.Response(status=404, text=NO_SITE, content_type="text/html")
    return await forward(request, await request.app[SITES].url_of(version))


class _Addresses(Api):
    """Everything under a domain; whoever asks needs no permission."""

    def __init__(self, service: str, host: str, answer: Handler) -> None:
        super().__init__(service, host, always_on=True)
        self._answer = answer

    def mount(self, plane: "ControlPlane") -> web.Application:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app[PLANE], app[SITES] = plane, _ReleasedSites(plane)
        app.router.add_route("*", "/{path:.*}", self._answer)
        app.cleanup_ctx.append(_until_the_end)
        return app

    @property
    def mounted(self) -> Mapping[Handler, Demand]:
        return {self._answer: Demand(self.service, self.always_on, write=False)}

    def enforce(self, _plane: "ControlPlane", _demand: Demand, _path: Mapping[str, str], _entry: Logged) -> None:
        """Anybody may knock."""


async def _until_the_end(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[SITES].close()
    await close_machines(app[PLANE])


class _ReleasedSites:
    """Each version that was asked for, served by the Hosting stand-in from files of its own."""

    def __init__(self, plane: "ControlPlane") -> None:
        self._plane = plane
        self._stack = AsyncExitStack()
        self._folder = Path(tempfile.mkdtemp(prefix="voicemint-sites-"))
        self._urls: dict[str, str] = {}
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        await self._stack.aclose()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def url_of(self, version: Version) -> str:
        site = self._plane.part(Sites)[version.name.split("/")[3]]
        services = await self._services(site, version)
        made_of = json.dumps([version.name, version.files, version.config, services], sort_keys=True)
        key = hashlib.sha256(made_of.encode()).hexdigest()[:20]
        async with self._lock:
            if key not in self._urls:
                firebase_json = _write(self._folder / key, site, version)
                app = hosting.create_app(firebase_json, services)
                app[GUARD] = Guard(also_named=self._plane.knows, hands_on=True)
                self._urls[key] = await self._stack.enter_async_context(serving(app))
        return self._urls[key]

    async def _services(self, site: Site, version: Version) -> dict[str, str]:
        """Where each rewrite leads: to the tagged revision, or to whichever has the traffic."""
        router, found = await machines_of(self._plane).router_url(), {}
        for rewrite in version.config.get("rewrites", []):
            run = rewrite["run"]
            service = self._plane.part(Services).get((site.project_id, run["region"], run["serviceId"]))
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


RUN = _Addresses("run.googleapis.com", "*.run.app", _answer_for_a_service)
WEB = _Addresses("firebasehosting.googleapis.com", "*.web.app", _answer_for_a_site)
