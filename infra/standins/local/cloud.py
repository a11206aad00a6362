"""Google's side of the local run: its stand-ins, the secrets as mounted files, and the functions' environment."""

import asyncio
import os
import shutil
import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path

import yaml
from aiohttp import ClientError, ClientSession, web
from voicemint.control.stop_switch import CONTROL_OBJECT, ControlState
from voicemint.google.control_bucket import ControlBucket

from standins.google import cloud_tasks as google_cloud_tasks
from standins.google import metadata as google_metadata
from standins.google import secret_manager as google_secret_manager
from standins.google import storage as google_storage
from standins.google.cloud_tasks.queue import QueueConfig
from standins.google.identity import CERTS_PATH
from standins.openai.webhooks import new_secret
from standins.serving import serving

PROJECT_ID = "local-run"
BUCKET = "local-run-payloads"
CONTROL_BUCKET = "local-run-control"
REGION = "us-central1"
QUEUES_FOLDER = Path(__file__).resolve().parents[2] / "queues"
REMOUNT_SECONDS = 1.0
OPENAI_API_KEY = "openai-api-key"
TOKEN = "LOCAL_RUN_TOKEN"  # noqa: S105 - the variable's name

Version = tuple[str, str]  # a secret's name, and its value


async def start_local_cloud(
    stack: AsyncExitStack, folder: Path, api_key: str, *, key_is_real: bool = False
) -> dict[str, str]:
    """Start the stand-ins until `stack` unwinds; returns the environment that a deployment would give a function.

    `folder` keeps the buckets and the signing key, so sign-ins outlive a run. A real `api_key` is in its mounted
    file and in no stand-in.
    """
    secrets = {
        OPENAI_API_KEY: api_key,
        "signing-key": _kept_signing_key(folder / "signing-key"),
        "openai-webhook-secret": new_secret(),
    }
    served = {name: value.encode() for name, value in secrets.items() if name != OPENAI_API_KEY or not key_is_real}
    google = await _serve_google(stack, folder / "bucket", served)
    control = ControlBucket(
        CONTROL_BUCKET, storage_url=google["STORAGE_EMULATOR_HOST"], metadata_host=google["GCE_METADATA_HOST"]
    )
    await asyncio.to_thread(control.create, CONTROL_OBJECT, ControlState().encode())
    mounts = _mount(stack, secrets)
    latest = partial(_latest_versions, google["SECRET_MANAGER_URL"], google[TOKEN], tuple(served))
    _keep_mounted(stack, latest, mounts, folder / "signing-key")
    return {
        "OPENAI_API_KEY_FILE": str(mounts[OPENAI_API_KEY]),
        "SIGNING_KEY_FILE": str(mounts["signing-key"]),
        "OPENAI_WEBHOOK_SECRET_FILE": str(mounts["openai-webhook-secret"]),
        "PROJECT_ID": PROJECT_ID,
        "REGION": REGION,
        "BUCKET": BUCKET,
        "CONTROL_BUCKET": CONTROL_BUCKET,
        **google,
    }


async def _serve_google(stack: AsyncExitStack, buckets: Path, secrets: Mapping[str, bytes]) -> dict[str, str]:
    """Where each stand-in is, and the token that all of them ask for."""
    token, hidden = _made_up(), f"/{_made_up()}"

    async def serve(app: web.Application) -> str:
        return await stack.enter_async_context(serving(app, token=token))

    metadata = await serve(google_metadata.create_app(project=PROJECT_ID, access_token=token, under=hidden))
    tasks = await serve(google_cloud_tasks.create_app(queues(), project=PROJECT_ID, location=REGION))
    return {
        "STORAGE_EMULATOR_HOST": await serve(google_storage.create_app(buckets, buckets=[BUCKET, CONTROL_BUCKET])),
        "SECRET_MANAGER_URL": await serve(google_secret_manager.create_app(secrets, project=PROJECT_ID)),
        "CLOUD_TASKS_URL": tasks,
        "GOOGLE_CERTS_URL": f"{tasks}{CERTS_PATH}",
        TOKEN: token,
        **metadata_environment(metadata, hidden),
    }


def queues(folder: Path = QUEUES_FOLDER) -> dict[str, QueueConfig]:
    """The queues of a deployment, by name."""
    return {file.stem: QueueConfig.from_flags(yaml.safe_load(file.read_text())) for file in folder.glob("*.yaml")}


def metadata_environment(url: str, under: str = "") -> dict[str, str]:
    """How google-auth finds a metadata server: by the one variable when it looks for one, by the other when it asks."""
    address = url.removeprefix("http://")
    return {"GCE_METADATA_IP": address, "GCE_METADATA_HOST": f"{address}{under}"}


def authorization(token: str) -> dict[str, str]:
    """What a stand-in of a local run asks for: the header."""
    return {"Authorization": f"Bearer {token}"}


def _made_up() -> str:
    """A random token, of letters that need no escaping in a header, a path or a shell."""
    return os.urandom(32).hex()


def _kept_signing_key(file: Path) -> str:
    if not file.exists():
        write_private(file, f"local {os.urandom(32).hex()}")
    return file.read_text()


def write_private(file: Path, text: str) -> None:
    """Write a file that only this user can read, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(file)


def _mount(stack: AsyncExitStack, secrets: Mapping[str, str]) -> dict[str, Path]:
    """Each secret as a file that ends with the run."""
    folder = Path(tempfile.mkdtemp(prefix="voicemint-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    mounts = {name: folder / name / "latest" for name in secrets}
    for name, file in mounts.items():
        write_private(file, secrets[name])
    return mounts


def _keep_mounted(
    stack: AsyncExitStack, versions: Callable[[], AsyncIterator[Version]], mounts: Mapping[str, Path], kept: Path
) -> None:
    """Show each secret's latest version in its file, as Cloud Run does when a mounted file is read.

    `kept` is where the signing key outlives the run.
    """

    async def remount() -> None:
        while True:
            await asyncio.sleep(REMOUNT_SECONDS)
            async for name, value in versions():
                if value != mounts[name].read_text():
                    write_private(mounts[name], value)
                    if name == "signing-key":
                        write_private(kept, value)

    task = asyncio.create_task(remount())
    stack.callback(task.cancel)


async def _latest_versions(url: str, token: str, names: Iterable[str]) -> AsyncIterator[Version]:
    """Those that there are."""
    async with ClientSession(headers=authorization(token)) as session:
        for name in names:
            with suppress(ClientError):
                answer = await session.get(f"{url}/v1/projects/{PROJECT_ID}/secrets/{name}/versions/latest:access")
                if answer.ok:
                    yield name, b64decode((await answer.json())["payload"]["data"]).decode()
