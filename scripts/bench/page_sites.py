"""What the browser of the page bench sees, over TLS: a site per way to set up a call, the usual page, and OpenAI.

The usual page has an origin of its own, without the `Link: preconnect` that our Hosting puts on every answer: with it a
favicon that is not there was enough to spare that page TCP and TLS to OpenAI, which are part of what is compared.
"""

import asyncio
import os
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import standins.local.site
from aiohttp import web
from playwright.sync_api import Page
from standins.agents_folder import agents_with
from standins.local.site import Site, local_run
from standins.openai import webrtc
from standins.serving import serving
from voicemint.agents.agent import UNIFIED

from .google_cloud import loopback_certificate
from .link import NEAR
from .processes import BenchError

ROOT = Path(__file__).resolve().parents[2]
PEER = Path(__file__).with_name("peers") / "page" / "build"
CLIENT = web.AppKey("client", aiohttp.ClientSession)
HOP_BY_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}
OFTEN = {
    "PERSON_PER_MINUTE": "100000",
    "INSTANCE_PER_MINUTE": "100000",
    "DAILY_LIMIT": "100000",
    "DAILY_BLOCK": "1000",
    "PERSON_DAILY_LIMIT": "100000",
    "MAX_CALLS_AT_ONCE": "0",
}


@dataclass(frozen=True, slots=True)
class PageSites:
    """Invite links' makers and addresses. `peer` is the usual page; the first site mints for it."""

    client_secret: Site
    unified: Site
    addresses: Mapping[str, str]

    def link(self, page: str) -> str:
        """`page` is "client-secret", "unified" or "peer"."""
        site = self.unified if page == "unified" else self.client_secret
        return site.invite_link().replace(site.url, self.addresses[page])


def sign_in(page: Page, link: str) -> str:
    """Makes this browser the link's guest; returns the site's address.

    Beside the page: nobody taps in what is measured, and a visit to one page would open connections for the other.
    """
    address, invite = link.split("/#i=")
    signed_in = page.context.request.post(f"{address}/api/access", data={"invite": invite})
    if signed_in.status != HTTPStatus.NO_CONTENT:
        raise BenchError(f"Signing in was answered with {signed_in.status}: {signed_in.text()}")
    return address


@asynccontextmanager
async def page_sites(upstream_ms: float) -> AsyncIterator[PageSites]:
    """`upstream_ms` is what each request of a function to OpenAI takes more than here."""
    webrtc.LOOPBACK = NEAR  # the stand-in's media are to cross the link too
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="voicemint-bench-")))
        tls = _tls(folder)
        agents = ROOT / "functions" / "agents"
        client_secret, front = await _site(stack, folder / "client-secret", agents, upstream_ms, tls)
        unified, other = await _site(
            stack, folder / "unified", agents_with(folder / "unified-agents", UNIFIED), upstream_ms, tls
        )
        addresses = {
            "client-secret": await _behind_tls(stack, front, tls),
            "unified": await _behind_tls(stack, other, tls),
            "peer": await _behind_tls(stack, replace(front, peer=PEER), tls),
        }
        yield PageSites(client_secret, unified, addresses)


async def _site(
    stack: AsyncExitStack, folder: Path, agents: Path, upstream_ms: float, tls: ssl.SSLContext
) -> tuple[Site, "Front"]:
    """A whole local run whose functions find OpenAI far away and whose browser finds everything behind TLS."""
    folder.mkdir()
    _build(folder, agents)
    far_openai = Front(delay_seconds=upstream_ms / 1000)
    far_url = await stack.enter_async_context(serving(far_openai.app()))
    environment = {**OFTEN, "OPENAI_BASE_URL": f"{far_url}/v1", "AGENTS_FOLDER": str(agents)}
    standins.local.site.FIREBASE_JSON = folder / "firebase.json"
    site = await stack.enter_async_context(local_run(folder / "run", environment=environment))
    openai = str(site.openai_url)
    far_openai.target = openai
    openai_url = await _behind_tls(stack, Front(target=openai), tls)
    return site, Front(target=site.url, rewrites={far_url: openai_url, openai: openai_url})


@dataclass(slots=True, kw_only=True)
class Front:
    """Hands requests on: later, with other addresses in what comes back, and with the usual page (`peer`) beside."""

    target: str = ""
    delay_seconds: float = 0.0
    rewrites: Mapping[str, str] = field(default_factory=dict)
    peer: Path | None = None

    def app(self) -> web.Application:
        app = web.Application(client_max_size=1024**2)
        if self.peer is not None:
            app.router.add_static("/peer", self.peer)
        app.router.add_route("*", "/{path:.*}", self._hand_on)
        app.cleanup_ctx.append(self._session)
        return app

    async def _session(self, app: web.Application) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as app[CLIENT]:
            yield

    async def _hand_on(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.delay_seconds)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        if "Origin" in headers:
            headers["Origin"] = self.target  # as if it had been asked itself: it knows no other name of its own
        left_out = HOP_BY_HOP if self.peer is None else {*HOP_BY_HOP, "link"}
        url = self.target + request.raw_path
        body = await request.read()
        async with request.app[CLIENT].request(
            request.method, url, headers=headers, data=body, allow_redirects=False
        ) as answer:
            content = await answer.read()
            kept = [
                (name, self._rewrite(value)) for name, value in answer.headers.items() if name.lower() not in left_out
            ]
            if answer.content_type == "application/json" and "Content-Encoding" not in answer.headers:
                content = self._rewrite(content.decode()).encode()
            return web.Response(status=answer.status, body=content, headers=kept)

    def _rewrite(self, text: str) -> str:
        for old, new in self.rewrites.items():
            text = text.replace(old, new)
        return text


async def _behind_tls(stack: AsyncExitStack, front: Front, tls: ssl.SSLContext) -> str:
    runner = web.AppRunner(front.app(), access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, NEAR, 0, ssl_context=tls).start()
    return f"https://{NEAR}:{runner.addresses[0][1]}"


def _tls(folder: Path) -> ssl.SSLContext:
    file = folder / "tls.pem"
    file.write_bytes(b"".join(loopback_certificate()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def _build(folder: Path, agents: Path) -> None:
    shutil.copy(ROOT / "web" / "firebase.json", folder)
    build = ["npm", "exec", "--", "vite", "build", "--logLevel=warn", "--outDir", str(folder / "dist"), "--emptyOutDir"]
    subprocess.run(build, cwd=ROOT / "web", env={**os.environ, "AGENTS_FOLDER": str(agents)}, check=True)
