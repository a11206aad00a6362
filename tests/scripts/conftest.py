"""A cloud of the owner's own: Google's and OpenAI's stand-ins, two functions behind Hosting, and local-run.env."""

import json
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import requests
from google.cloud import secretmanager
from google.oauth2.credentials import Credentials
from standins import hosting
from standins import openai as openai_realtime
from standins.function_process import FUNCTIONS_FOLDER, function_processes
from standins.local import cloud as local_cloud
from standins.local.cloud import BUCKET, CONTROL_BUCKET, PROJECT_ID, TOKEN, authorization
from standins.serving import ServerThread, serving
from voicemint.control.stop_switch import ControlState
from voicemint.errors import ControlUnavailable

from .bootstrapping import provisioned, quiet_tree

__all__ = ["provisioned", "quiet_tree"]
from .released import after_build, built_release, first_release, released

__all__ = ["after_build", "built_release", "first_release", "released"]

SCRIPTS = Path(__file__).parents[2] / "scripts"
API_KEY = "sk-planted-0123456789abcdefghij"
SERVICES = {"sign-in": "/api/access", "mint-client-secret": "/api/client-secrets"}
# The functions' processes read secrets and the control state more often than they do when deployed.
CACHE_SECONDS = REMOUNT_SECONDS = 0.2
SITECUSTOMIZE = f"""
import sys
sys.path.append({str(FUNCTIONS_FOLDER)!r})
from voicemint.control import stop_switch as control
from voicemint.secrets import mounted as mounted_secret
control.REFRESH_SECONDS = mounted_secret.CACHE_SECONDS = {CACHE_SECONDS}
"""


@dataclass(frozen=True)
class OwnerCloud:
    """`environment` is what local-run.env says."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def site_url(self) -> str:
        return self.environment["SITE_URL"]

    @property
    def openai_url(self) -> str:
        return self.environment["OPENAI_BASE_URL"].removesuffix("/v1")

    @property
    def storage_url(self) -> str:
        return self.environment["STORAGE_EMULATOR_HOST"]

    @cached_property
    def google(self) -> requests.Session:
        """Asks Google's stand-ins."""
        session = requests.Session()
        session.headers.update(authorization(self.environment[TOKEN]))
        return session

    @property
    def control_bucket(self) -> Path:
        """The bucket as files."""
        return self.folder / "bucket" / CONTROL_BUCKET

    def control_state(self) -> ControlState:
        return ControlState.parse(self.read("control.json"))

    @property
    def epoch(self) -> int:
        """0 where a test left no control state, or a damaged one."""
        try:
            return self.control_state().epoch
        except (requests.HTTPError, ControlUnavailable):
            return 0

    def read(self, name: str) -> bytes:
        answer = self.google.get(
            f"{self.storage_url}/storage/v1/b/{CONTROL_BUCKET}/o/{name.replace('/', '%2F')}?alt=media", timeout=5
        )
        answer.raise_for_status()
        return answer.content

    def names(self, prefix: str) -> list[str]:
        answer = self.google.get(
            f"{self.storage_url}/storage/v1/b/{CONTROL_BUCKET}/o", params={"prefix": prefix}, timeout=5
        )
        return [item["name"] for item in answer.json().get("items", [])]

    def write(self, name: str, content: bytes, bucket: str = CONTROL_BUCKET) -> None:
        self.google.post(
            f"{self.storage_url}/upload/storage/v1/b/{bucket}/o",
            params={"uploadType": "media", "name": name},
            data=content,
            timeout=5,
        ).raise_for_status()

    def log_a_call(self, call_id: str, day: str) -> None:
        self.write(f"calls/dt={day}/{call_id}/000000-0123456789abcdef.ndjson", b"{}\n", BUCKET)

    def delete(self, name: str) -> None:
        self.google.delete(f"{self.storage_url}/storage/v1/b/{CONTROL_BUCKET}/o/{name}", timeout=5).raise_for_status()

    def calls(self) -> dict[str, str]:
        """Call id to state, as OpenAI's stand-in has them."""
        found = requests.get(f"{self.openai_url}/_standin/calls", timeout=5).json()["calls"]
        return {call["id"]: call["state"] for call in found}

    def openai_fault(self, **fault: object) -> None:
        requests.post(f"{self.openai_url}/_standin/faults", json=fault, timeout=5).raise_for_status()

    def storage_fault(self, **fault: object) -> None:
        self.google.post(f"{self.storage_url}/_standin/faults", json=fault, timeout=5).raise_for_status()

    def versions(self, secret_id: str) -> dict[int, str]:
        """Version number to state."""
        client = self._secret_manager()
        versions = client.list_secret_versions(parent=client.secret_path(PROJECT_ID, secret_id))
        return {int(version.name.rpartition("/")[2]): version.state.name for version in versions}

    def latest(self, secret_id: str) -> str:
        client = self._secret_manager()
        name = client.secret_version_path(PROJECT_ID, secret_id, "latest")
        return str(client.access_secret_version(name=name).payload.data.decode())

    def add_version(self, secret_id: str, text: str) -> None:
        client = self._secret_manager()
        client.add_secret_version(parent=client.secret_path(PROJECT_ID, secret_id), payload={"data": text.encode()})

    def disable_version(self, secret_id: str, number: int) -> None:
        client = self._secret_manager()
        client.disable_secret_version(name=client.secret_version_path(PROJECT_ID, secret_id, str(number)))

    def _secret_manager(self) -> secretmanager.SecretManagerServiceClient:
        return secretmanager.SecretManagerServiceClient(
            transport="rest",
            credentials=Credentials(self.environment[TOKEN]),
            client_options={"api_endpoint": self.environment["SECRET_MANAGER_URL"]},
        )

    def run(self, script: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """The real script, on this cloud."""
        return subprocess.run(
            [SCRIPTS / script, "--folder", self.folder, *arguments],
            input=stdin, capture_output=True, text=True, timeout=100,
        )  # fmt: skip


@asynccontextmanager
async def owner_cloud(folder: Path, routes: Mapping[str, str] = SERVICES) -> AsyncIterator[OwnerCloud]:
    """`routes`: the functions that run, and where Hosting finds each."""
    async with AsyncExitStack() as stack:
        openai_url = await stack.enter_async_context(serving(openai_realtime.create_app()))
        google = await local_cloud.start_local_cloud(stack, folder, API_KEY)
        environment = {**google, "OPENAI_BASE_URL": f"{openai_url}/v1"}
        (folder / "sitecustomize.py").write_text(SITECUSTOMIZE)
        often = {"PERSON_PER_MINUTE": "10000", "INSTANCE_PER_MINUTE": "10000"}
        often |= {
            "DAILY_LIMIT": "10000",
            "DAILY_BLOCK": "1000",
            "PERSON_DAILY_LIMIT": "10000",
            "MAX_CALLS_AT_ONCE": "100",
        }
        function_environment = {**environment, **often, "PYTHONPATH": str(folder)}
        functions = await stack.enter_async_context(function_processes(routes, function_environment, folder / "logs"))
        services = {function.name: function.url for function in functions}
        app = hosting.create_app(firebase_json_in(folder, routes), services)
        environment["SITE_URL"] = await stack.enter_async_context(serving(app))
        (folder / "local-run.env").write_text("".join(f"{name}={value}\n" for name, value in environment.items()))
        yield OwnerCloud(folder, environment)


def firebase_json_in(folder: Path, routes: Mapping[str, str]) -> Path:
    """A site without a page: only the rewrites to the functions."""
    (folder / "public").mkdir()
    rewrites = [{"source": path, "run": {"serviceId": name, "region": "europe-west1"}} for name, path in routes.items()]
    config: dict[str, Any] = {"hosting": {"public": "public", "rewrites": rewrites}}
    file = folder / "firebase.json"
    file.write_text(json.dumps(config))
    return file


@pytest.fixture(scope="module")
def module_cloud(servers: ServerThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnerCloud]:
    context = owner_cloud(tmp_path_factory.mktemp("owner"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_cloud, "REMOUNT_SECONDS", REMOUNT_SECONDS)
        yield servers.run(context.__aenter__())
        servers.run(context.__aexit__(None, None, None))


@pytest.fixture
def cloud(module_cloud: OwnerCloud) -> Iterator[OwnerCloud]:
    """A cloud where nothing is stopped, nobody was invited, and no fault is armed.

    The epoch goes on: a function that still holds an older one refuses nobody.
    """
    module_cloud.write("control.json", ControlState(epoch=module_cloud.epoch).encode())
    yield module_cloud
    for prefix in ("invited/", "redeemed/", "signed-out/"):
        for name in module_cloud.names(prefix):
            module_cloud.delete(name.replace("/", "%2F"))
    requests.delete(f"{module_cloud.openai_url}/_standin/faults", timeout=5).raise_for_status()
    module_cloud.google.delete(f"{module_cloud.storage_url}/_standin/faults", timeout=5).raise_for_status()
