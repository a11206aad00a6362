"""Google's side of the local run: its stand-ins, the secrets as mounted files, and what the functions are told."""

import asyncio
import os
import shutil
import tempfile
from base64 import b64decode
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import yaml
from aiohttp import ClientError, ClientSession
from voicemint.control import CONTROL_OBJECT, ControlState
from voicemint.control_bucket import ControlBucket

from standins import google_cloud_tasks, google_metadata, google_secret_manager, google_storage
from standins.google_cloud_tasks.queue import QueueConfig
from standins.google_identity import CERTS_PATH
from standins.openai_realtime.webhooks import new_secret
from standins.serving import serving

PROJECT_ID = "local-run"
BUCKET = "local-run-payloads"
CONTROL_BUCKET = "local-run-control"
REGION = "us-central1"
QUEUES_FOLDER = Path(__file__).resolve().parents[1] / "queues"
REMOUNT_SECONDS = 1.0


async def start_local_cloud(stack: AsyncExitStack, folder: Path, api_key: str) -> dict[str, str]:
    """Start the stand-ins until `stack` unwinds; returns the environment that a deployment would give a function.

    `folder` keeps the buckets and the signing key, so that who is signed in stays signed in.
    """
    secrets = {
        "openai-api-key": api_key,
        "signing-key": _kept_signing_key(folder / "signing-key"),
        "openai-webhook-secret": new_secret(),
    }
    storage = await stack.enter_async_context(
        serving(google_storage.create_app(folder / "bucket", buckets=[BUCKET, CONTROL_BUCKET]))
    )
    secret_manager = await stack.enter_async_context(
        serving(
            google_secret_manager.create_app(
                {name: value.encode() for name, value in secrets.items()}, project=PROJECT_ID
            )
        )
    )
    metadata = metadata_environment(
        await stack.enter_async_context(serving(google_metadata.create_app(project=PROJECT_ID)))
    )
    tasks = await stack.enter_async_context(
        serving(google_cloud_tasks.create_app(queues(), project=PROJECT_ID, location=REGION))
    )
    control = ControlBucket(CONTROL_BUCKET, storage_url=storage, metadata_host=metadata["GCE_METADATA_HOST"])
    await asyncio.to_thread(control.create, CONTROL_OBJECT, ControlState().encode())
    mounts = _mount(stack, secrets)
    _keep_mounted(stack, secret_manager, mounts, folder / "signing-key")
    return {
        "OPENAI_API_KEY_FILE": str(mounts["openai-api-key"]),
        "SIGNING_KEY_FILE": str(mounts["signing-key"]),
        "OPENAI_WEBHOOK_SECRET_FILE": str(mounts["openai-webhook-secret"]),
        "PROJECT_ID": PROJECT_ID,
        "REGION": REGION,
        "CLOUD_TASKS_URL": tasks,
        "GOOGLE_CERTS_URL": f"{tasks}{CERTS_PATH}",
        "BUCKET": BUCKET,
        "CONTROL_BUCKET": CONTROL_BUCKET,
        "STORAGE_EMULATOR_HOST": storage,
        "SECRET_MANAGER_URL": secret_manager,
        **metadata,
    }


def queues(folder: Path = QUEUES_FOLDER) -> dict[str, QueueConfig]:
    """The queues of a deployment, by name."""
    return {file.stem: QueueConfig.from_flags(yaml.safe_load(file.read_text())) for file in folder.glob("*.yaml")}


def metadata_environment(url: str) -> dict[str, str]:
    """How google-auth finds a metadata server: by the one variable when it looks for one, by the other when it asks."""
    address = url.removeprefix("http://")
    return {"GCE_METADATA_IP": address, "GCE_METADATA_HOST": address}


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


def _keep_mounted(stack: AsyncExitStack, url: str, mounts: Mapping[str, Path], kept_signing_key: Path) -> None:
    """Show each secret's latest version in its file, as Cloud Run does when a mounted file is read."""

    async def remount() -> None:
        async with ClientSession() as session:
            while True:
                await asyncio.sleep(REMOUNT_SECONDS)
                for name, file in mounts.items():
                    value = await _latest_version(session, url, name)
                    if value is not None and value != file.read_text():
                        write_private(file, value)
                        if name == "signing-key":
                            write_private(kept_signing_key, value)

    task = asyncio.create_task(remount())
    stack.callback(task.cancel)


async def _latest_version(session: ClientSession, url: str, name: str) -> str | None:
    try:
        answer = await session.get(f"{url}/v1/projects/{PROJECT_ID}/secrets/{name}/versions/latest:access")
        return b64decode((await answer.json())["payload"]["data"]).decode() if answer.ok else None
    except ClientError:
        return None
