import re
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import requests
from common.console import CommandFailed, run
from google.api_core.exceptions import Forbidden
from owner.live_calls import logged_calls, outcome_of, registered_calls
from owner.project import local_project
from owner.stop import main
from voicemint.control.stop_switch import ControlState
from voicemint.secrets.signing import SigningKeys

from .conftest import API_KEY, SCRIPTS, OwnerCloud

STOP = SCRIPTS / "stop.sh"
BEFORE = ControlState(epoch=3, revoked=frozenset({"somebody"}))


def in_process(cloud: OwnerCloud, *arguments: str) -> int:
    return main(["--folder", str(cloud.folder), *arguments])


def today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"


def ring(cloud: OwnerCloud) -> str:
    """The id of a call that is on."""
    answer = requests.post(f"{cloud.openai_url}/_standin/calls", timeout=5)
    return str(answer.json()["id"])


def mint_code(cloud: OwnerCloud) -> str:
    """What the site answers to somebody who is signed in."""
    session = {"id": "person", "name": "Ana", "exp": 2**40, "epoch": 2**40}
    cookie = SigningKeys(cloud.latest("signing-key")).sign("session", session)
    headers = {"Origin": cloud.site_url, "Cookie": f"__session={cookie}"}
    answer = requests.post(f"{cloud.site_url}/api/client-secrets", json={}, headers=headers, timeout=20)
    return "minted" if answer.ok else str(answer.json()["error"]["code"])


def wait_for_mint_code(cloud: OwnerCloud, expected: str) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=15)
    while (found := mint_code(cloud)) != expected:
        assert datetime.now(UTC) < deadline, f"expected {expected}, found {found}"


def register(cloud: OwnerCloud, call_id: str) -> None:
    cloud.write(f"calls/{call_id}.json", b"{}")


def test_it_stops_every_mint_hangs_up_the_calls_that_the_log_knows_and_resumes(cloud: OwnerCloud) -> None:
    wait_for_mint_code(cloud, "minted")
    on, unlogged = ring(cloud), ring(cloud)
    cloud.log_a_call(on, today())
    ended = cloud.run("stop.sh")
    assert ended.returncode == 0, ended.stderr
    assert "Stopped: no new calls, in force everywhere within 15 s.\n" in ended.stdout
    assert "1 hung up" in ended.stdout
    assert API_KEY not in ended.stdout + ended.stderr
    mentioned = re.findall(r"scripts/[\w-]+\.sh(?: \S+ \S+)?", ended.stderr)
    assert len(mentioned) == 6
    assert [line for line in mentioned if not line.endswith(f" --folder {cloud.folder}")] == []
    assert (cloud.calls()[on], cloud.calls()[unlogged]) == ("hung up", "ringing")
    wait_for_mint_code(cloud, "stopped")
    again = cloud.run("stop.sh")
    assert again.returncode == 0, again.stderr
    assert "over already" in again.stdout
    assert cloud.run("stop.sh", "--resume").returncode == 0
    wait_for_mint_code(cloud, "minted")


@pytest.mark.parametrize("arguments", [["--no-hang-up"], ["--resume"]], ids=" ".join)
def test_it_changes_the_switch_only(cloud: OwnerCloud, arguments: list[str]) -> None:
    cloud.write("control.json", BEFORE.encode())
    assert in_process(cloud, *arguments) == 0
    after = cloud.control_state()
    assert (after.epoch, after.revoked) == (BEFORE.epoch, BEFORE.revoked)
    assert after.stopped is (arguments == ["--no-hang-up"])


def test_without_a_control_object_it_is_stopped_and_resuming_creates_one(
    cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.delete("control.json")
    assert in_process(cloud, "--status") == 0
    assert "stopped (there is no control.json yet" in capsys.readouterr().out
    assert in_process(cloud, "--resume") == 0
    assert cloud.control_state() == ControlState()
    cloud.delete("control.json")
    assert in_process(cloud, "--no-hang-up") == 0
    assert cloud.control_state() == ControlState(stopped=True)


def test_status_is_one_word(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_process(cloud, "--status") == 0
    assert in_process(cloud, "--no-hang-up") == 0
    assert in_process(cloud, "--status") == 0
    said = capsys.readouterr().out.splitlines()
    assert (said[0], said[-1]) == ("running", "stopped")


def test_calls_go_on_where_only_new_ones_are_to_stop(cloud: OwnerCloud) -> None:
    on = ring(cloud)
    cloud.log_a_call(on, today())
    assert in_process(cloud, "--no-hang-up") == 0
    assert cloud.calls()[on] == "ringing"


@pytest.mark.parametrize(
    ("fault", "times", "words"),
    [
        ("invalid_api_key", None, "key rejected"),
        ("bad_request", None, "refused with 400"),
        ("server_error", None, "refused with 500"),
        ("reset", None, "not answered"),
    ],
)
def test_a_call_that_cannot_be_hung_up_fails_the_command_and_not_the_stop(
    cloud: OwnerCloud, capsys: pytest.CaptureFixture[str], fault: str, times: int | None, words: str
) -> None:
    cloud.log_a_call(ring(cloud), today())
    cloud.openai_fault(path="hangup", fault=fault, times=times)
    assert in_process(cloud) == 1
    said = capsys.readouterr()
    assert words in said.out
    assert API_KEY not in said.out + said.err
    assert cloud.control_state().stopped


def test_a_passing_failure_is_tried_again(cloud: OwnerCloud) -> None:
    on = ring(cloud)
    cloud.log_a_call(on, today())
    cloud.openai_fault(path="hangup", fault="unavailable", times=1)
    assert in_process(cloud) == 0
    assert cloud.calls()[on] == "hung up"


def test_only_calls_that_logged_within_the_hour_are_known(cloud: OwnerCloud) -> None:
    bucket = local_project(cloud.folder).payload_bucket
    now = datetime.now(UTC)
    days = {offset: f"{now + timedelta(days=offset):%Y-%m-%d}" for offset in (-2, -1, 0, 1)}
    for offset, day in days.items():
        cloud.log_a_call(f"rtc_day{offset}", day)
    cloud.log_a_call("not/a/call", days[0])
    found, complete = logged_calls(bucket, now)
    assert complete
    assert {"rtc_day-1", "rtc_day0", "rtc_day1"} <= set(found)
    assert not {"rtc_day-2", "not"} & set(found)
    assert logged_calls(bucket, now + timedelta(minutes=61)) == ([], True)


def test_a_call_that_a_page_logged_without_registering_it_is_known_and_last(cloud: OwnerCloud) -> None:
    cloud.log_a_call(f"page_{'0' * 32}_ana", today())
    cloud.log_a_call("rtc_named_by_a_call", today())
    cloud.log_a_call("page_rtc_named_by_a_page_ana", today())
    found, _ = logged_calls(local_project(cloud.folder).payload_bucket, datetime.now(UTC))
    assert found[-1] == "rtc_named_by_a_page"
    assert "rtc_named_by_a_call" in found
    assert not [call for call in found if call.startswith("page_")]


def test_registered_calls_are_known_without_the_log_newest_first(cloud: OwnerCloud) -> None:
    for call_id in ("rtc_older", "rtc_middle", "rtc_newest"):
        register(cloud, call_id)
    bucket, now = local_project(cloud.folder).control_bucket, datetime.now(UTC)
    found, complete = registered_calls(bucket, now)
    assert complete
    assert found[:3] == ["rtc_newest", "rtc_middle", "rtc_older"]
    assert registered_calls(bucket, now + timedelta(minutes=61)) == ([], True)


def test_a_call_that_only_the_server_knows_is_hung_up(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    on = ring(cloud)
    register(cloud, on)
    assert in_process(cloud) == 0
    assert cloud.calls()[on] == "hung up"
    assert "1 hung up" in capsys.readouterr().out


def test_a_damaged_control_object_is_not_overwritten(cloud: OwnerCloud) -> None:
    cloud.write("control.json", b'{"stopped": "yes"}')
    with pytest.raises(CommandFailed, match="so the functions treat it as stopped"):
        in_process(cloud, "--resume")
    assert cloud.read("control.json") == b'{"stopped": "yes"}'


def test_a_stop_that_cannot_be_written_says_the_other_way(
    cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.storage_fault(fault="status", status=403, operation="objects_insert")
    assert run(lambda: in_process(cloud)) == 1
    said = capsys.readouterr()
    assert "NOT stopped. The other way" in said.err
    assert "error: Google refused or did not answer: 403" in said.err
    assert said.out == ""


def test_a_refusal_by_google_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def refused() -> int:
        raise Forbidden(f"no\n{'x' * 1000} Authorization: Bearer {API_KEY}")

    assert run(refused) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: Google refused or did not answer: 403 no")
    assert API_KEY not in line
    assert len(line) < 500


def test_ended_by_ctrl_c_it_says_that_it_may_be_run_again(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    assert run(interrupted) == 130
    assert "Run it again" in capsys.readouterr().err


def test_what_openais_statuses_mean_for_a_call() -> None:
    outcomes = Counter(map(outcome_of, [200, 204, 404, 401, 403, 500]))
    assert outcomes == {"hung up": 2, "over already": 1, "key rejected": 2, "refused with 500": 1}


def test_wrong_usage_exits_2_and_help_says_how() -> None:
    assert subprocess.run([STOP, "--resume", "--status"], capture_output=True, timeout=60).returncode == 2
    helped = subprocess.run([STOP, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert "scripts/stop.sh [--local] --resume" in helped.stdout
