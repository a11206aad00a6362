"""scripts/phone.sh on a site whose answer-phone is real and whose OpenAI is the stand-in."""

import io
import re
import subprocess
from collections.abc import Iterator

import pytest
import requests
from common.console import CommandFailed
from owner import webhook_secret
from owner.phone import main, parse
from owner.webhook_secret import WEBHOOK_SECRET, read_secret
from standins.local import cloud as local_cloud
from standins.openai.webhooks import new_secret
from standins.serving import ServerThread

from .conftest import REMOUNT_SECONDS, SCRIPTS, OwnerCloud, owner_cloud

PROJECT = "proj_0123456789abcdef"
ROUTES = {"answer-phone": "/api/phone"}


@pytest.fixture(scope="module")
def module_cloud(servers: ServerThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnerCloud]:
    context = owner_cloud(tmp_path_factory.mktemp("phone"), ROUTES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_cloud, "REMOUNT_SECONDS", REMOUNT_SECONDS)
        patch.setattr(webhook_secret, "ASK_AGAIN_SECONDS", 0.1)
        yield servers.run(context.__aenter__())
        servers.run(context.__aexit__(None, None, None))


@pytest.fixture
def cloud(cloud: OwnerCloud) -> Iterator[OwnerCloud]:
    """Without an endpoint."""
    yield cloud
    requests.delete(f"{cloud.openai_url}/_standin/faults", timeout=5).raise_for_status()
    for endpoint in endpoints(cloud):
        ask(cloud, "DELETE", f"/{endpoint['id']}")


def ask(cloud: OwnerCloud, method: str, path: str = "", **options: object) -> requests.Response:
    url = f"{cloud.environment['OPENAI_BASE_URL']}/webhook_endpoints{path}"
    headers = {"Authorization": "Bearer sk-test-0123456789abcdefghij"}
    return requests.request(method, url, headers=headers, timeout=5, **options)  # type: ignore[arg-type]


def endpoints(cloud: OwnerCloud) -> list[dict[str, object]]:
    return list(ask(cloud, "GET").json()["data"])


def in_process(cloud: OwnerCloud, *arguments: str) -> int:
    return main(["--folder", str(cloud.folder), *arguments])


def url_of(cloud: OwnerCloud) -> str:
    return f"{cloud.site_url}/api/phone"


def test_one_command_registers_stores_tries_and_says_where_to_call(cloud: OwnerCloud) -> None:
    done = cloud.run("phone.sh", "--openai-project", PROJECT)
    assert done.returncode == 0, done.stderr
    assert f"sip:{PROJECT}@sip.api.openai.com;transport=tls" in done.stdout
    assert "OpenAI's test event was taken" in done.stderr
    assert "no agent has a [phone] table" in done.stdout
    (endpoint,) = endpoints(cloud)
    assert (endpoint["url"], endpoint["event_types"]) == (url_of(cloud), ["realtime.call.incoming"])
    assert cloud.latest(WEBHOOK_SECRET).startswith("whsec_")
    assert "whsec_" not in done.stdout + done.stderr
    assert [state for state in cloud.versions(WEBHOOK_SECRET).values() if state != "DESTROYED"] == ["ENABLED"]


def test_run_again_it_changes_nothing(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_process(cloud) == 0
    before = (endpoints(cloud), cloud.versions(WEBHOOK_SECRET))
    assert in_process(cloud) == 0
    assert (endpoints(cloud), cloud.versions(WEBHOOK_SECRET)) == before
    assert "takes what OpenAI signs" in capsys.readouterr().err


def test_a_secret_that_was_lost_on_the_way_is_replaced(cloud: OwnerCloud) -> None:
    """Ended between OpenAI's answer and Secret Manager's."""
    ask(cloud, "POST", json={"name": "n", "url": url_of(cloud), "event_types": ["realtime.call.incoming"]})
    before = cloud.latest(WEBHOOK_SECRET)
    assert in_process(cloud) == 0
    assert cloud.latest(WEBHOOK_SECRET) != before
    (endpoint,) = endpoints(cloud)
    test = ask(cloud, "POST", f"/{endpoint['id']}/test", json={"event_type": "realtime.call.incoming"})
    assert test.json()["status_code"] == 200


def test_an_endpoint_that_is_told_of_other_things_is_told_of_calls_too(cloud: OwnerCloud) -> None:
    ask(cloud, "POST", json={"name": "n", "url": url_of(cloud), "event_types": ["batch.completed"]})
    assert in_process(cloud) == 0
    assert [endpoint["event_types"] for endpoint in endpoints(cloud)] == [["batch.completed", "realtime.call.incoming"]]


def test_rotate_exchanges_the_secret(cloud: OwnerCloud) -> None:
    assert in_process(cloud) == 0
    before = cloud.latest(WEBHOOK_SECRET)
    assert in_process(cloud, "--rotate") == 0
    assert cloud.latest(WEBHOOK_SECRET) != before
    assert len(endpoints(cloud)) == 1


def test_off_deletes_the_endpoint_and_voids_the_secret(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_process(cloud) == 0
    before = cloud.latest(WEBHOOK_SECRET)
    assert in_process(cloud, "--off") == 0
    assert endpoints(cloud) == []
    assert cloud.latest(WEBHOOK_SECRET) != before
    assert "Off:" in capsys.readouterr().out
    assert in_process(cloud, "--off") == 0


@pytest.mark.parametrize("arguments", [["--dry-run"], ["--off", "--dry-run"], ["--rotate", "--dry-run"]])
def test_dry_run_says_what_would_be_done_and_does_nothing(
    cloud: OwnerCloud, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    before = (endpoints(cloud), cloud.versions(WEBHOOK_SECRET))
    assert in_process(cloud, *arguments) == 0
    assert (endpoints(cloud), cloud.versions(WEBHOOK_SECRET)) == before
    assert "Would:" in capsys.readouterr().out


def test_status_says_whether_calls_would_be_answered(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_process(cloud, "--status") == 0
    assert "not registered at OpenAI" in capsys.readouterr().out
    assert in_process(cloud) == 0
    assert in_process(cloud, "--status", "--openai-project", PROJECT) == 0
    told = capsys.readouterr().out
    assert "registered at OpenAI" in told
    assert "the site takes what it signs" in told


def test_a_key_that_may_not_manage_webhooks_leaves_it_to_the_owner(cloud: OwnerCloud) -> None:
    cloud.openai_fault(path="webhook_endpoints", fault="forbidden", times=None)
    secret = new_secret()
    done = cloud.run("phone.sh", stdin=f"{secret}\n")
    assert done.returncode == 0, done.stderr
    assert "https://platform.openai.com/settings" in done.stderr
    assert url_of(cloud) in done.stderr
    assert cloud.latest(WEBHOOK_SECRET) == secret
    assert secret[6:] not in done.stdout + done.stderr
    assert in_process(cloud, "--status") == 0
    assert in_process(cloud, "--off") == 0
    assert cloud.latest(WEBHOOK_SECRET) != secret


def test_without_a_secret_nothing_is_changed(cloud: OwnerCloud) -> None:
    cloud.openai_fault(path="webhook_endpoints", fault="forbidden", times=None)
    before = cloud.latest(WEBHOOK_SECRET)
    done = cloud.run("phone.sh", stdin="")
    assert done.returncode == 1
    assert re.search(r"^error: A signing secret is one line .* this is nothing", done.stderr, re.MULTILINE)
    assert cloud.latest(WEBHOOK_SECRET) == before


@pytest.mark.parametrize(
    ("fault", "words"),
    [("server_error", "status 500 server_error"), ("insufficient_quota_by_type", "credit is used up")],
)
def test_openai_that_does_not_answer_is_said(cloud: OwnerCloud, fault: str, words: str) -> None:
    cloud.openai_fault(path="webhook_endpoints", fault=fault, times=None)
    with pytest.raises(CommandFailed, match=words):
        in_process(cloud)


@pytest.mark.parametrize("text", ["", "sk-0123456789abcdefghij", "whsec_AAAA", f"whsec_{'A' * 44} "])
def test_what_is_no_signing_secret_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(CommandFailed) as caught:
        read_secret(io.StringIO(text))
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("arguments", [["--openai-project", "my project"], ["--off", "--rotate"], ["--stat"], ["x"]])
def test_wrong_usage_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(arguments)
    assert caught.value.code == 2


def test_help_is_the_scripts_header() -> None:
    done = subprocess.run([SCRIPTS / "phone.sh", "--help"], capture_output=True, text=True, check=True, timeout=20)
    assert "--rotate" in done.stdout
