"""The owner's commands right after a bootstrap: gcloud is signed in and nothing else, Google's own clients are real."""

import base64
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standins import openai as openai_realtime
from standins.google.control_plane.apis.secretmanager import secrets_of
from standins.google.control_plane.apis.storage import store_of
from standins.google.control_plane.serving.plane import ControlPlane
from standins.google.control_plane.state.hosting_sites import Sites
from standins.google.control_plane.state.state import State
from standins.google.control_plane.state.tokens import TOKEN
from standins.google.storage.conditions import Conditions
from standins.serving import ServerThread
from voicemint.access.person import COOKIE, SESSION_PURPOSE
from voicemint.control.stop_switch import ControlState
from voicemint.secrets.signing import SigningKeys

from ..google import assert_known_to_google, needs_gcloud
from .provisioned import NAMES, PROJECT_ID, ROOT, SECRETS, Cloud, Ended, provision

pytestmark = needs_gcloud
CANARY = "sk-canary-0123456789abcdefghij"


@pytest.fixture(scope="module")
def module_cloud(servers: ServerThread, warm_path: str, tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    plane = ControlPlane(State())
    provision(plane.state)
    plane.pass_through["api.openai.com"] = servers.serve(openai_realtime.create_app())
    plane.pass_through[f"{PROJECT_ID}.web.app"] = servers.serve(site(plane.state))
    return Cloud(plane, servers.enter(plane.serving(tmp_path_factory.mktemp("owner") / "google")), warm_path)


@pytest.fixture
def cloud(module_cloud: Cloud) -> Iterator[Cloud]:
    module_cloud.plane.state.log.clear()
    yield module_cloud
    assert_known_to_google(module_cloud.plane.state)


def site(state: State) -> web.Application:
    """A site that mints for whoever one of the stored signing keys has let in."""

    async def mint(request: web.Request) -> web.Response:
        keys = SigningKeys(value_of(state, "signing-key"))
        if keys.verify(SESSION_PURPOSE, request.cookies.get(COOKIE, "")) is None:
            return web.json_response({"error": {"code": "not_signed_in", "message": "…"}}, status=401)
        return web.json_response({"value": "…"})

    app = web.Application()
    app.router.add_post("/api/client-secrets", mint)
    return app


def value_of(state: State, secret: str) -> str:
    """What the functions see."""
    return secrets_of(state, PROJECT_ID).get(secret).version("latest").access().decode()


def states_of(state: State, secret: str) -> list[str]:
    return [version.state for version in secrets_of(state, PROJECT_ID).get(secret).versions]


def run(cloud: Cloud, script: str, *arguments: str, **more: Any) -> Ended:
    """Neither the token nor a key is shown."""
    ended = cloud.run(ROOT / "scripts" / script, *arguments, **more)
    assert TOKEN not in ended.stdout + ended.stderr
    assert [name for name, value in SECRETS.items() if value in ended.stdout + ended.stderr] == []
    return ended


def test_invite_makes_a_link_that_is_on_record(cloud: Cloud) -> None:
    ended = run(cloud, "invite.sh", "Ana's iPad")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"https://{PROJECT_ID}.web.app/#i=")
    listed = run(cloud, "invite.sh", "--list")
    assert "Ana's iPad" in listed.stdout
    assert {entry.headers["authorization"] for entry in cloud.plane.state.log} == {f"Bearer {TOKEN}"}
    assert {entry.headers["x-goog-user-project"] for entry in cloud.plane.state.log} == {PROJECT_ID}


@pytest.fixture
def site_of_another_name(cloud: Cloud) -> Iterator[str]:
    """Its address: the project's id was reserved, and is that of somebody else's site by now."""
    before, plane = cloud.plane.state.snapshot(), cloud.plane
    plane.state.part(Sites).clear()
    plane.state.part(Sites).add_default(plane.state.project(PROJECT_ID), {PROJECT_ID})
    [site_id] = plane.state.part(Sites)
    theirs = plane.pass_through.pop(f"{PROJECT_ID}.web.app")
    plane.pass_through[f"{site_id}.web.app"] = theirs
    yield f"https://{site_id}.web.app"
    assert f"{PROJECT_ID}.web.app" not in {entry.host for entry in plane.state.log}
    del plane.pass_through[f"{site_id}.web.app"]
    plane.pass_through[f"{PROJECT_ID}.web.app"] = theirs
    plane.state.restore(before)


def test_a_site_of_another_name_is_what_links_lead_to_and_what_is_asked(
    cloud: Cloud, site_of_another_name: str
) -> None:
    invited = run(cloud, "invite.sh", "Ana's iPad")
    assert invited.stdout.startswith(f"{site_of_another_name}/#i="), invited.stderr
    rotated = run(cloud, "rotate-key.sh", "openai", "--overlap=0", input=f"{CANARY}-of-another-site")
    assert rotated.returncode == 0, rotated.stderr
    phone = run(cloud, "phone.sh", "--dry-run")
    assert f"{site_of_another_name}/api/phone" in phone.stdout + phone.stderr


def test_a_site_that_is_said_is_not_looked_up(cloud: Cloud) -> None:
    ended = run(cloud, "invite.sh", "Ana's iPad", environment={"SITE": "said-in-a-test"})
    assert ended.stdout.startswith("https://said-in-a-test.web.app/#i="), ended.stderr
    assert [entry for entry in cloud.plane.state.log if "firebasehosting" in entry.host] == []


def test_no_link_is_made_where_nobody_knows_the_site(cloud: Cloud) -> None:
    before = cloud.plane.state.snapshot()
    cloud.plane.state.part(Sites).clear()
    ended = run(cloud, "invite.sh", "Ana's iPad")
    cloud.plane.state.restore(before)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "has no default Hosting site. scripts/bootstrap.sh makes it" in ended.stderr


def test_application_default_credentials_of_another_kind_stop_nobody(cloud: Cloud, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials.json"
    user = {"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r"}
    credentials.write_text(json.dumps({**user, "quota_project_id": "another"}))
    for file in (credentials, tmp_path / "missing.json"):
        wrong = {"GOOGLE_APPLICATION_CREDENTIALS": str(file)}
        for command in (("invite.sh", "Ana"), ("stop.sh", "--status"), ("limits.sh",)):
            ended = run(cloud, *command, environment=wrong)
            assert ended.returncode == 0, ended.stderr
            assert str(file) in ended.stderr
            assert "They are not used: gcloud's own sign-in is" in ended.stderr


OF_THE_NETWORK = re.compile(
    r"(?i)CLOUDSDK_PROXY_.*|CLOUDSDK_CORE_CUSTOM_CA.*|https?_proxy|.*_CA_(BUNDLE|CERTS)|SSL_CERT_FILE"
)


def test_a_proxy_and_a_ca_that_only_gcloud_is_told_of_are_everybodys_way(cloud: Cloud, tmp_path: Path) -> None:
    """As `gcloud config set proxy/address` and a company's own CA leave a machine."""
    (tmp_path / "configurations").mkdir()
    (tmp_path / "active_config").write_text("work")
    (tmp_path / "configurations" / "config_work").write_text(
        f"[core]\ncustom_ca_certs_file = {cloud.proxy.ca_file}\n"
        f"[proxy]\ntype = http\naddress = 127.0.0.1\nport = {cloud.proxy.port}\n"
    )
    environment = {name: value for name, value in cloud.environment.items() if not OF_THE_NETWORK.fullmatch(name)}
    environment["CLOUDSDK_CONFIG"] = str(tmp_path)
    ended = subprocess.run(
        [ROOT / "scripts" / "invite.sh", "Ana's iPad"], env=environment, capture_output=True, text=True, timeout=280
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"https://{PROJECT_ID}.web.app/#i=")


def test_limits_reads_the_projects_own(cloud: Cloud) -> None:
    ended = run(cloud, "limits.sh", "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["state"] == "running"
    assert cloud.plane.state.log.writes() == []


def test_resume_writes_the_control_state(cloud: Cloud) -> None:
    control = store_of(cloud.plane.state).bucket(NAMES.control_bucket)
    control.write("control.json", ControlState(stopped=True, epoch=3).encode(), Conditions(), {})
    ended = run(cloud, "stop.sh", "--resume")
    assert ended.returncode == 0, ended.stderr
    assert ControlState.parse(control.content("control.json")) == ControlState(epoch=3)


def test_stop_writes_the_control_state_and_hangs_up(cloud: Cloud) -> None:
    control, payloads = (store_of(cloud.plane.state).bucket(name) for name in (NAMES.control_bucket, NAMES.bucket))
    control.write("control.json", ControlState(epoch=3).encode(), Conditions(), {})
    logged = f"calls/dt={datetime.now(UTC):%Y-%m-%d}/rtc_of_a_test/000000-0123456789abcdef.ndjson"
    payloads.write(logged, b"{}\n", Conditions(), {})
    openai = f"{cloud.plane.pass_through['api.openai.com']}/v1"
    ended = run(cloud, "stop.sh", environment={"OPENAI_BASE_URL": openai})
    assert ended.returncode == 0, ended.stderr
    assert ControlState.parse(control.content("control.json")) == ControlState(stopped=True, epoch=3)
    assert "Calls: 1 over already." in ended.stdout  # OpenAI knows no call of that id
    assert run(cloud, "stop.sh", "--status").stdout.startswith("stopped")


def test_another_openai_key_takes_the_place_of_the_old_one(cloud: Cloud) -> None:
    ended = run(cloud, "rotate-key.sh", "openai", "--overlap=0", input=CANARY)
    assert ended.returncode == 0, ended.stderr
    assert (
        ended.stderr.count("Checked: the site lets somebody in and opens calls.") == 2
    )  # before the old one is disabled, and after
    assert value_of(cloud.plane.state, "openai-api-key") == CANARY
    assert states_of(cloud.plane.state, "openai-api-key") == ["DESTROYED", "ENABLED"]
    assert CANARY not in ended.stdout + ended.stderr
    home = Path(cloud.environment["HOME"])
    assert [file for file in home.rglob("*") if file.is_file() and CANARY.encode() in file.read_bytes()] == []
    encoded = base64.b64encode(CANARY.encode()).decode()
    sent = [entry.path for entry in cloud.plane.state.log if encoded in str(entry.body) or CANARY in str(entry.body)]
    assert sent == [f"/v1/projects/{PROJECT_ID}/secrets/openai-api-key:addVersion"]


@pytest.fixture
def turned_off(cloud: Cloud) -> Iterator[Callable[[str, str], None]]:
    """Turns off the newest version of a secret, as the owner does in the console; all is as before at the end."""
    before = cloud.plane.state.snapshot()

    def turn_off(secret: str, state: str) -> None:
        secrets_of(cloud.plane.state, PROJECT_ID).get(secret).add_version(b"leaked", None).change(state, None)

    yield turn_off
    cloud.plane.state.restore(before)


@pytest.mark.parametrize("state", ["DISABLED", "DESTROYED"])
def test_a_key_that_was_turned_off_is_replaced(
    cloud: Cloud, turned_off: Callable[[str, str], None], state: str
) -> None:
    turned_off("openai-api-key", state)
    ended = run(cloud, "rotate-key.sh", "openai", "--overlap=0", input=f"{CANARY}-2")
    assert ended.returncode == 0, ended.stderr
    assert value_of(cloud.plane.state, "openai-api-key") == f"{CANARY}-2"
    assert set(states_of(cloud.plane.state, "openai-api-key")[:-1]) == {"DESTROYED"}


def test_a_signing_key_that_was_turned_off_is_told_with_both_ways_out(
    cloud: Cloud, turned_off: Callable[[str, str], None]
) -> None:
    turned_off("signing-key", "DISABLED")
    for command in (("rotate-key.sh", "signing", "--overlap=0"), ("invite.sh", "Ana")):
        ended = run(cloud, *command)
        assert ended.returncode == 1
        assert "of signing-key, its newest, is disabled. scripts/bootstrap.sh makes a new one" in ended.stderr
        assert "To have it back: gcloud secrets versions enable " in ended.stderr
    assert cloud.plane.state.log.writes() == []


def test_a_new_signing_key_signs_and_the_old_one_stays_good(cloud: Cloud) -> None:
    old = value_of(cloud.plane.state, "signing-key").strip()
    ended = run(cloud, "rotate-key.sh", "signing", "--overlap=0")
    assert ended.returncode == 0, ended.stderr
    new, kept = value_of(cloud.plane.state, "signing-key").splitlines()
    assert (new.startswith("k2 "), kept) == (True, old)
    assert states_of(cloud.plane.state, "signing-key") == ["DESTROYED", "DESTROYED", "ENABLED"]
    assert new not in ended.stdout + ended.stderr


def test_who_is_signed_in_nowhere_is_told_how(cloud: Cloud, tmp_path: Path) -> None:
    signed_out = {"CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": "", "CLOUDSDK_CONFIG": str(tmp_path)}
    ended = cloud.run(ROOT / "scripts" / "limits.sh", environment=signed_out)
    assert ended.returncode == 1
    assert "Sign in: gcloud auth login" in ended.stderr


def test_stop_says_why_a_kept_control_bucket_cannot_be_written(cloud: Cloud) -> None:
    assert run(cloud, "stop.sh", "--resume").returncode == 0
    bucket = store_of(cloud.plane.state).bucket(NAMES.control_bucket)
    before = bucket.record().attributes
    bucket.change({**before, "retentionPolicy": {"retentionPeriod": "86400"}})
    try:
        ended = run(cloud, "stop.sh", "--no-hang-up")
        listed = run(cloud, "stop.sh", "--status")
    finally:
        bucket.change(before)
    assert (ended.returncode, listed.stdout) == (1, "running\n")
    assert "NOT stopped" in ended.stderr
    assert f"gcloud storage buckets update gs://{NAMES.control_bucket} --clear-retention-period" in ended.stderr
