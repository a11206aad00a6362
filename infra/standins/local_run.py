"""The whole site on this machine: the real functions and the real page, stand-ins for everything remote.

browser ── Hosting stand-in (web/firebase.json, web/dist) ── a functions-framework process per `run` rewrite
   └────── OpenAI stand-in (WebRTC)                             └── OpenAI, Cloud Storage, Secret Manager, metadata
"""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from voicemint.control import CONTROL_OBJECT, ControlState
from voicemint.control_bucket import ControlBucket

from standins import google_metadata, google_secret_manager, google_storage, hosting, openai_realtime
from standins.function_process import FunctionProcess, function_process
from standins.serving import serving

FIREBASE_JSON = Path(__file__).resolve().parents[2] / "web" / "firebase.json"
OPENAI_ORIGIN = "https://api.openai.com"
PROJECT_ID = "local-run"
BUCKET = "local-run-payloads"
CONTROL_BUCKET = "local-run-control"
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

    async def failed(self) -> Exception:
        """Wait until any function ends by itself."""
        waiting = [asyncio.create_task(function.failed()) for function in self.functions]
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return done.pop().result()


@asynccontextmanager
async def local_run(
    folder: Path, *, port: int = 0, openai_api_key: str | None = None, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Site]:
    """Start everything, yield the site when all of it answers, stop everything.

    `folder` keeps the bucket and the functions' logs. With `openai_api_key` OpenAI is the real one.
    `environment` is added to every function's own.
    """
    if not (FIREBASE_JSON.parent / "dist" / "index.html").is_file():
        raise PageNotBuiltError("the page is not built: expected web/dist/index.html (scripts/dev.sh builds it)")
    async with AsyncExitStack() as stack:
        openai_url = None if openai_api_key else await stack.enter_async_context(serving(openai_realtime.create_app()))
        shared = await _shared_environment(stack, folder, openai_url, openai_api_key or STANDIN_API_KEY)
        functions = [
            await stack.enter_async_context(function_process(name, {**shared, **(environment or {})}, folder / "logs"))
            for name in rewritten_services(FIREBASE_JSON)
        ]
        for function in functions:
            await function.listening()
        app = hosting.create_app(
            FIREBASE_JSON,
            services={function.name: function.url for function in functions},
            replacements={OPENAI_ORIGIN: openai_url} if openai_url else {},
        )
        url = await stack.enter_async_context(serving(app, port))
        yield Site(
            url=url.replace("127.0.0.1", "localhost"),  # a secure context by either name; this one reads better
            openai_url=openai_url,
            bucket=folder / "bucket" / BUCKET,
            logs=folder / "logs",
            functions=tuple(functions),
        )


def rewritten_services(firebase_json: Path) -> list[str]:
    """The Cloud Run services that Hosting's rewrites name, each once."""
    rewrites = json.loads(firebase_json.read_text())["hosting"]["rewrites"]
    return list(dict.fromkeys(rewrite["run"]["serviceId"] for rewrite in rewrites if "run" in rewrite))


async def _shared_environment(
    stack: AsyncExitStack, folder: Path, openai_url: str | None, api_key: str
) -> dict[str, str]:
    """Start Google's stand-ins; returns what the functions are told, which is what a deployment tells them."""
    secrets = {"openai-api-key": api_key.encode()}
    storage = await stack.enter_async_context(serving(google_storage.create_app(folder / "bucket", buckets=[BUCKET])))
    secret_manager = await stack.enter_async_context(
        serving(google_secret_manager.create_app(secrets, project=PROJECT_ID))
    )
    metadata = await stack.enter_async_context(serving(google_metadata.create_app(project=PROJECT_ID)))
    await asyncio.to_thread(_create_control_object, storage, metadata)
    return {
        "VOICEMINT_ACCESS": "open",
        "OPENAI_API_KEY_FILE": str(_mount_secret(stack, api_key)),
        "PROJECT_ID": PROJECT_ID,
        "BUCKET": BUCKET,
        "CONTROL_BUCKET": CONTROL_BUCKET,
        "STORAGE_EMULATOR_HOST": storage,
        "SECRET_MANAGER_URL": secret_manager,
        **metadata_environment(metadata),
        **({"OPENAI_BASE_URL": f"{openai_url}/v1"} if openai_url else {}),
    }


def _create_control_object(storage_url: str, metadata_url: str) -> None:
    """Nothing stopped, nobody signed out; what an earlier run decided stays."""
    bucket = ControlBucket(CONTROL_BUCKET, storage_url=storage_url, metadata_host=metadata_url.removeprefix("http://"))
    bucket.create(CONTROL_OBJECT, ControlState().encode())


def metadata_environment(url: str) -> dict[str, str]:
    """How google-auth finds a metadata server: by the one variable when it looks for one, by the other when it asks."""
    address = url.removeprefix("http://")
    return {"GCE_METADATA_IP": address, "GCE_METADATA_HOST": address}


def _mount_secret(stack: AsyncExitStack, api_key: str) -> Path:
    """The key as a file only this user can read, gone when the run ends."""
    folder = Path(tempfile.mkdtemp(prefix="voicemint-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "latest"
    file.touch(mode=0o600)
    file.write_text(api_key)
    return file
