"""A local run with a key tells no website and no other user of the machine anything, and lets them change nothing."""

import http.client
import json
import random
import shutil
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import standins.local.site
from standins import openai as openai_realtime
from standins.local.cloud import TOKEN
from standins.local.site import Site, local_run
from standins.serving import ServerThread, serving

from .conftest import Figure
from .websites import Attempt, Websites

FIREBASE_JSON = Path(__file__).parents[2] / "web" / "firebase.json"
REAL_KEY = "sk-proj-not-real-T3BlbkFJ-0123456789abcdefghijklmnop"
GUEST = "Ana's iPad"
SEED, ATTEMPTS = 12, 10_000
REFUSALS = {400, 401, 403, 404, 405, 415}


@dataclass(frozen=True)
class Run:
    """A running local run that talks to OpenAI, and beside it the stand-in that one without a key has."""

    site: Site
    folder: Path
    openai_url: str

    @cached_property
    def ports(self) -> dict[str, int]:
        cloud = self.site.cloud
        urls = {
            "page": self.site.url,
            "storage": cloud["STORAGE_EMULATOR_HOST"],
            "secret manager": cloud["SECRET_MANAGER_URL"],
            "tasks": cloud["CLOUD_TASKS_URL"],
            "metadata": f"http://{cloud['GCE_METADATA_IP']}",
            "openai": self.openai_url,
        }
        stand_ins = {name: urlsplit(url).port or 0 for name, url in urls.items()}
        return stand_ins | {function.name: function.port for function in self.site.functions}

    def secrets(self) -> list[bytes]:
        """What nobody may be told, as it is and in Base64."""
        cloud = self.site.cloud
        mounted = [Path(cloud[f"{name}_FILE"]).read_text() for name in ("SIGNING_KEY", "OPENAI_WEBHOOK_SECRET")]
        hidden = cloud["GCE_METADATA_HOST"].partition("/")[2]
        known = [REAL_KEY, GUEST, cloud[TOKEN], hidden, *mounted]
        return [text.encode() for text in known] + [b64encode(text.encode()) for text in known]

    def state(self) -> object:
        """All that somebody could have written."""
        folders = [self.folder / "bucket", Path(self.site.cloud["OPENAI_API_KEY_FILE"]).parents[1]]
        kept = [(file, file.read_bytes()) for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
        told = [self._ask(url) for url in self._lists()]
        return kept, told

    def _lists(self) -> list[str]:
        cloud = self.site.cloud
        secrets = f"{cloud['SECRET_MANAGER_URL']}/v1/projects/{cloud['PROJECT_ID']}/secrets"
        queue = f"projects/{cloud['PROJECT_ID']}/locations/{cloud['REGION']}/queues/calls"
        return [
            secrets,
            *(f"{secrets}/{name}/versions" for name in ("signing-key", "openai-webhook-secret")),
            f"{cloud['CLOUD_TASKS_URL']}/v2/{queue}/tasks",
            f"{cloud['STORAGE_EMULATOR_HOST']}/storage/v1/b?project=x",
            *(f"{self.openai_url}/_standin/{name}" for name in ("calls", "webhooks")),
            f"{cloud['STORAGE_EMULATOR_HOST']}/_standin/faults",
        ]

    def _ask(self, url: str) -> object:
        answer = requests.get(url, headers=self.site.authorization, timeout=10)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture(scope="module")
def run(servers: ServerThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("local-run")
    (folder / "dist").mkdir()
    (folder / "dist" / "index.html").write_text("<!doctype html><title>Voicemint</title>")
    (folder / "dist" / "agents.json").write_text(json.dumps([]))
    shutil.copy(FIREBASE_JSON, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standins.local.site, "FIREBASE_JSON", folder / "firebase.json")
        running = local_run(folder / "run", openai_api_key=REAL_KEY)
        site = servers.run(running.__aenter__(), timeout_seconds=110)
    openai = serving(openai_realtime.create_app(), token=site.cloud[TOKEN])
    yield Run(site, folder / "run", servers.run(openai.__aenter__()))
    servers.run(openai.__aexit__(None, None, None))
    servers.run(running.__aexit__(None, None, None))


class Wire:
    """One connection to a port, kept for as long as the server keeps it."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def ask(self, attempt: Attempt) -> tuple[int, bytes]:
        """Status, and all of the answer."""
        try:
            return self._ask(attempt)
        except (http.client.RemoteDisconnected, ConnectionError):  # it was idle for too long
            self.close()
            return self._ask(attempt)

    def _ask(self, attempt: Attempt) -> tuple[int, bytes]:
        connection = self._connection
        connection.putrequest(attempt.method, attempt.target, skip_host=True, skip_accept_encoding=True)
        for name, value in attempt.headers.items():
            connection.putheader(name, value)
        if attempt.body:
            connection.putheader("Content-Length", str(len(attempt.body)))
        connection.endheaders(attempt.body or None)
        answer = connection.getresponse()
        return answer.status, repr(answer.getheaders()).encode() + answer.read()

    def close(self) -> None:
        self._connection.close()


@pytest.mark.timeout(180)
def test_no_website_and_no_other_user_gets_a_secret_or_writes(run: Run, figure: Figure) -> None:
    run.site.invite_link(GUEST)
    websites = Websites(random.Random(SEED), run.ports, run.site.cloud)  # noqa: S311 - reproducible, not secret
    wires = {name: Wire(port) for name, port in run.ports.items()}
    secrets, before, let_in = run.secrets(), run.state(), Counter[str]()
    tried = Counter[str]()
    for attempt in websites.attempts(ATTEMPTS):
        status, answer = wires[attempt.port].ask(attempt)
        told = [secret for secret in secrets if secret in answer]
        assert not told, f"{attempt} was told a secret"
        tried[attempt.kind] += 1
        if websites.must_refuse(attempt) and status not in REFUSALS:
            let_in[f"{status} {attempt}"] += 1
    for wire in wires.values():
        wire.close()
    assert let_in == {}
    assert run.state() == before
    assert sum(tried.values()) == ATTEMPTS
    what = ", ".join(f"{count} {kind}" for kind, count in sorted(tried.items()))
    figure(f"{what}; at all {len(wires)} ports of a local run with a key", "0 secrets told, 0 writes")


def test_a_real_key_is_in_its_mounted_file_and_in_no_stand_in(run: Run) -> None:
    assert Path(run.site.cloud["OPENAI_API_KEY_FILE"]).read_text() == REAL_KEY
    secrets = f"{run.site.cloud['SECRET_MANAGER_URL']}/v1/projects/{run.site.cloud['PROJECT_ID']}/secrets"
    listed = requests.get(secrets, headers=run.site.authorization, timeout=10).json()["secrets"]
    assert {secret["name"].rpartition("/")[2] for secret in listed} == {"signing-key", "openai-webhook-secret"}
