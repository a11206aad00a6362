"""Where deployed functions run: each revision is a process of its own, started when it is first asked.

It gets what Cloud Run gives it: the uploaded source, the deployed environment, its secrets as files where they were
mounted, and a network on which Google and OpenAI are this Google. Nothing in a function knows of that:
sitecustomize.py, which Python loads before it, turns addresses and mounted paths.
"""

import asyncio
import hashlib
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web

from standins.function_process import FunctionProcess, function_process
from standins.google import metadata as google_metadata
from standins.google.control_plane.apis.secretmanager import secrets_of
from standins.google.control_plane.serving.forwarding import forward
from standins.google.control_plane.serving.proxy import Proxy
from standins.google.control_plane.state.policies import EVERYBODY
from standins.google.control_plane.state.run_services import INVOKER_CHECK_OFF, Revision, Service, Services
from standins.google.control_plane.state.state import State
from standins.google.errors import GoogleError
from standins.google.secret_manager.secrets import LATEST
from standins.guard import GUARD, Guard
from standins.serving import serving

SITECUSTOMIZE = Path(__file__).with_name("sitecustomize.py")
INVOKER = "roles/run.invoker"
METADATA_NAMES = ("metadata.google.internal", "metadata", "169.254.169.254")
FORBIDDEN = "<html><title>403 Forbidden</title>Your client does not have permission to get URL from this server.</html>"


class Revisions:
    """The running revisions of one Google, by what they are made of: a restored state finds them running.

    `proxy`: what leads to this Google once it is served.
    """

    def __init__(self, state: State, proxy: Callable[[], Proxy]) -> None:
        self._state, self._proxy = state, proxy
        self._stack = AsyncExitStack()
        self._folder = Path(tempfile.mkdtemp(prefix="voicemint-revisions-"))
        self._running: dict[str, asyncio.Task[FunctionProcess]] = {}
        self._router: asyncio.Task[str] | None = None

    async def close(self) -> None:
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        await self._stack.aclose()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def answer(self, request: web.Request, host: str, raw_path: str) -> web.StreamResponse:
        """What a run.app host says to an unauthenticated request."""
        found = self._state.part(Services).at(host)
        revision = found[0].revision_for(found[1]) if found else None
        if found is None or revision is None:
            return web.Response(status=404, text="<html><title>404 Page not found</title></html>")
        if not self._may_invoke(found[0]):
            return web.Response(status=403, text=FORBIDDEN, content_type="text/html")
        try:
            process = await self._process(revision)
        except Exception as error:  # whatever keeps a container from starting is this answer
            return web.Response(status=503, text=f"The service is not available: {error}\n")
        return await forward(request, process.url, raw_path)

    async def router_url(self) -> str:
        """A server that passes /HOST/PATH on to HOST's revision: what Hosting is told as a service's address."""
        if self._router is None:
            app = web.Application(client_max_size=64 * 1024 * 1024)
            app[GUARD] = Guard(hands_on=True)
            app.router.add_route("*", "/{host}/{path:.*}", self._route)
            self._router = asyncio.create_task(self._stack.enter_async_context(serving(app)))
        return await asyncio.shield(self._router)

    async def _route(self, request: web.Request) -> web.StreamResponse:
        _, host, path = request.raw_path.split("/", 2)
        return await self.answer(request, host, f"/{path}")

    def _may_invoke(self, service: Service) -> bool:
        if service.annotations.get(INVOKER_CHECK_OFF, "").lower() == "true":
            return True
        grants = self._state.policies.bindings_of(service.resource_name)
        return any(role == INVOKER and member in EVERYBODY for role, member, _ in grants)

    async def _process(self, revision: Revision) -> FunctionProcess:
        key = _identity(revision)
        if key not in self._running:
            self._running[key] = asyncio.create_task(self._start(revision, self._folder / key))
        task = self._running[key]
        try:
            process = await asyncio.shield(task)
        except Exception:
            self._running.pop(key, None)
            raise
        self._mount(revision, self._folder / key)
        return process

    async def _start(self, revision: Revision, folder: Path) -> FunctionProcess:
        source = folder / "source"
        zipfile.ZipFile(io.BytesIO(revision.code.source)).extractall(source)  # our own gcloud zipped it
        mounts = self._mount(revision, folder)
        shutil.copy(SITECUSTOMIZE, folder / "sitecustomize.py")
        metadata = google_metadata.create_app(project=revision.code.project_id, service_account=revision.account)
        metadata[GUARD] = Guard(also_named=METADATA_NAMES.__contains__)  # sitecustomize.py turns addresses, not names
        metadata_url = await self._stack.enter_async_context(serving(metadata))
        ca_file = str(self._proxy().ca_file)
        machine = {"mounts": mounts, "tls_port": self._proxy().tls_port, "metadata": metadata_url}
        environment = {
            **revision.environment,
            "K_SERVICE": revision.name.rsplit("-", 2)[0],
            "K_REVISION": revision.name,
            "K_CONFIGURATION": revision.name.rsplit("-", 2)[0],
            "FUNCTION_TARGET": revision.code.entry_point,
            "PYTHONPATH": str(folder),
            "VOICEMINT_MACHINE": json.dumps(machine),
            "SSL_CERT_FILE": ca_file,
            "REQUESTS_CA_BUNDLE": ca_file,
            "HTTPS_PROXY": "",
        }
        name = revision.code.entry_point.replace("_", "-")
        process = await self._stack.enter_async_context(function_process(name, environment, folder, source=source))
        await process.listening()
        return process

    def _mount(self, revision: Revision, folder: Path) -> dict[str, str]:
        """Each secret's latest version as a file. {where the function looks: where it is}"""
        mounts = {}
        for volume in revision.code.secret_volumes:
            secret_id = volume["secret"].rpartition("/")[2]
            value = _latest(self._state, revision.code.project_id, secret_id)
            there = folder / "secrets" / secret_id
            there.mkdir(parents=True, exist_ok=True)
            mounts[volume["mountPath"]] = str(there)
            for version in volume["versions"]:
                file = there / version["path"].lstrip("/")
                if value is not None and (not file.exists() or file.read_bytes() != value):
                    file.touch(mode=0o600)
                    file.write_bytes(value)
        return mounts


def _latest(state: State, project_id: str, secret_id: str) -> bytes | None:
    """None where there is no version that can be read: the file is then missing, as it is on Cloud Run."""
    try:
        return secrets_of(state, project_id).get(secret_id).version(LATEST).access()
    except GoogleError:
        return None


def _identity(revision: Revision) -> str:
    """The same revision in a state that was put back is another one where anything that it is made of differs."""
    made_of = [revision.name, revision.uid, revision.template, list(revision.code.secret_volumes)]
    digest = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode())
    digest.update(revision.code.source)
    return digest.hexdigest()[:20]
