"""The whole site on this machine: the real functions and the real page, stand-ins for everything remote.

browser ── Hosting stand-in (web/firebase.json, web/dist) ── a functions-framework process per `run` rewrite
   └────── OpenAI stand-in (WebRTC)                             └── OpenAI, Cloud Storage, Secret Manager, metadata,
                                                                    Cloud Tasks ── a process per private function
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession
from voicemint.access.invites import make_invite
from voicemint.agents.files import AGENTS_FOLDER, load_agents
from voicemint.control.stop_switch import CONTROL_OBJECT, ControlState
from voicemint.google.control_bucket import ControlBucket
from voicemint.secrets.signing import SigningKeys

from standins import hosting
from standins import openai as openai_realtime
from standins.first_of import first_of
from standins.function_process import FunctionProcess, free_port, function_processes
from standins.local.cloud import BUCKET, TOKEN, authorization, start_local_cloud
from standins.local.run_folder import announced, claimed, private
from standins.serving import LOOPBACK, bound, serving

FIREBASE_JSON = Path(__file__).resolve().parents[3] / "web" / "firebase.json"
WATCH_CALL = "watch-call"  # called by Cloud Tasks, not through Hosting
OPENAI_ORIGIN = "https://api.openai.com"
STANDIN_API_KEY = "sk-the-offline-stand-in-accepts-this"


class PageNotBuiltError(Exception):
    """web/dist is missing."""


@dataclass(frozen=True)
class Site:
    """A running site. `openai_url` is the stand-in's, None when the real API answers."""

    url: str
    openai_url: str | None
    bucket: Path
    logs: Path
    functions: tuple[FunctionProcess, ...]
    cloud: Mapping[str, str]

    @property
    def authorization(self) -> dict[str, str]:
        """The header that the stand-ins ask for."""
        return authorization(self.cloud[TOKEN])

    def invite_link(self, name: str = "Guest") -> str:
        """A link that signs one browser in, as scripts/invite.sh makes them."""
        keys = SigningKeys(Path(self.cloud["SIGNING_KEY_FILE"]).read_text())
        control = ControlBucket(
            self.cloud["CONTROL_BUCKET"],
            storage_url=self.cloud["STORAGE_EMULATOR_HOST"],
            metadata_host=self.cloud["GCE_METADATA_HOST"],
        )
        invite, text = make_invite(keys, name, ControlState.parse(control.read(CONTROL_OBJECT)).epoch)
        control.create(*invite.record())
        return f"{self.url}/#i={text}"

    async def failed(self) -> Exception:
        """Wait until any function ends by itself."""
        first = await first_of(*(function.failed() for function in self.functions))
        if first is None:
            raise RuntimeError("it waits without a limit")
        return first.result()


@asynccontextmanager
async def local_run(
    folder: Path, *, port: int = 0, openai_api_key: str | None = None, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Site]:
    """Start everything, yield the site when all of it answers, stop everything.

    `folder` keeps the bucket and the functions' logs, for this user's eyes only. With `openai_api_key` OpenAI is the
    real one. `environment` is added to every function's own.
    """
    load_agents(Path((environment or {}).get("AGENTS_FOLDER", AGENTS_FOLDER)))  # before each function says the same
    if not (FIREBASE_JSON.parent / "dist" / "index.html").is_file():
        raise PageNotBuiltError("the page is not built: expected web/dist/index.html (scripts/dev.sh builds it)")
    async with AsyncExitStack() as stack:
        stack.enter_context(claimed(folder))
        listener = stack.enter_context(closing(bound(port)))  # before anything is written: it may be somebody else's
        key_is_real = bool(openai_api_key)
        cloud = await start_local_cloud(stack, folder, openai_api_key or STANDIN_API_KEY, key_is_real=key_is_real)
        openai_url = None
        if not key_is_real:
            openai = serving(openai_realtime.create_app(), token=cloud[TOKEN])
            openai_url = await stack.enter_async_context(openai)
            cloud["OPENAI_BASE_URL"] = f"{openai_url}/v1"
        watch_port = free_port()
        shared = {**cloud, "WATCH_CALL_URL": f"http://{LOOPBACK}:{watch_port}", **(environment or {})}
        names = (*rewritten_services(FIREBASE_JSON), WATCH_CALL)
        functions = await stack.enter_async_context(
            function_processes(names, shared, private(folder / "logs"), {WATCH_CALL: watch_port})
        )
        app = hosting.create_app(
            FIREBASE_JSON,
            services={function.name: function.url for function in functions},
            replacements={OPENAI_ORIGIN: openai_url} if openai_url else {},
        )
        url = await stack.enter_async_context(serving(app, listener=listener))
        url = url.replace("127.0.0.1", "localhost")  # a secure context by either name; this one reads better
        if openai_url:
            await _tell_of_phone_calls(openai_url, url, cloud)
        stack.enter_context(announced(folder, {"SITE_URL": url, **cloud}))
        yield Site(
            url=url,
            openai_url=openai_url,
            bucket=folder / "bucket" / BUCKET,
            logs=folder / "logs",
            functions=tuple(functions),
            cloud=cloud,
        )


async def _tell_of_phone_calls(openai_url: str, site_url: str, cloud: Mapping[str, str]) -> None:
    """Register the site's webhook at the stand-in, as scripts/phone.sh does at OpenAI."""
    endpoint = {"url": f"{site_url}/api/phone", "secret": Path(cloud["OPENAI_WEBHOOK_SECRET_FILE"]).read_text()}
    async with ClientSession(headers=authorization(cloud[TOKEN])) as session:
        answer = await session.post(f"{openai_url}/_standin/webhooks", json=endpoint)
        answer.raise_for_status()


def rewritten_services(firebase_json: Path) -> list[str]:
    """The Cloud Run services that Hosting's rewrites name, each once."""
    rewrites = json.loads(firebase_json.read_text())["hosting"]["rewrites"]
    return list(dict.fromkeys(rewrite["run"]["serviceId"] for rewrite in rewrites if "run" in rewrite))
