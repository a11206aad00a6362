import argparse
import json
import shlex
import subprocess
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import requests
import zxingcpp
from common.console import CommandFailed
from common.invite_words import checked_name, qr_code
from common.project_env import parse_env
from owner.invite import invite, main
from owner.people import Guest, guest_of
from owner.project import cloud_project, local_project
from voicemint.access.person import Person
from voicemint.control.stop_switch import ControlState

from .conftest import SCRIPTS, OwnerCloud

INVITE = SCRIPTS / "invite.sh"
NAME = "Ana's iPad"
DAY = 24 * 3600


def in_process(cloud: OwnerCloud, *arguments: str) -> int:
    return main(["--folder", str(cloud.folder), *arguments])


def redeem(link: str) -> requests.Response:
    """Open the link as the page does: the part after # is posted, from the same origin."""
    site, _, text = link.partition("/#i=")
    return requests.post(f"{site}/api/access", json={"invite": text}, headers={"Origin": site}, timeout=20)


def sign_in(cloud: OwnerCloud, name: str, capsys: pytest.CaptureFixture[str]) -> requests.Response:
    assert in_process(cloud, name) == 0
    return redeem(capsys.readouterr().out.strip())


def who_am_i(cloud: OwnerCloud, signed_in: requests.Response) -> requests.Response:
    cookie = signed_in.headers["Set-Cookie"].partition(";")[0]
    return requests.get(f"{cloud.site_url}/api/access", headers={"Cookie": cookie}, timeout=20)


def wait_until_signed_out(cloud: OwnerCloud, signed_in: requests.Response) -> None:
    deadline = time.monotonic() + 15
    while who_am_i(cloud, signed_in).status_code != 401:
        assert time.monotonic() < deadline


def qr_text(printed: str) -> str:
    """What another library reads from the QR code drawn with half blocks."""
    rows = [line for line in printed.splitlines() if line and set(line) <= set("█▀▄ ")]
    width = max(map(len, rows))
    upper = {"█": (0, 0), " ": (255, 255), "▀": (0, 255), "▄": (255, 0)}
    cells = [[upper[sign] for sign in row.ljust(width)] for row in rows]
    pixels = np.array(cells, dtype=np.uint8).transpose(0, 2, 1).reshape(-1, width)
    large = np.kron(np.pad(pixels, 4, constant_values=255), np.ones((4, 4), dtype=np.uint8))
    codes = zxingcpp.read_barcodes(np.ascontiguousarray(large)) or zxingcpp.read_barcodes(
        np.ascontiguousarray(255 - large)
    )
    return str(codes[0].text)


def test_it_prints_a_link_and_its_qr_code_that_sign_in_one_device_once(cloud: OwnerCloud) -> None:
    ended = cloud.run("invite.sh", NAME)
    assert ended.returncode == 0, ended.stderr
    link = ended.stdout.removesuffix("\n")
    assert link.startswith(f"{cloud.site_url}/#i=v1.")
    assert "works once, within 24 hours" in ended.stderr
    signed_in = redeem(link)
    assert signed_in.status_code == 204
    assert who_am_i(cloud, signed_in).json()["name"] == NAME
    assert redeem(link).status_code == 403


def test_a_link_that_others_can_open_has_a_qr_code(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    project = replace(local_project(cloud.folder), said_site_url="https://talk.example")
    assert invite(project, NAME) == 0
    printed = capsys.readouterr()
    assert qr_text(printed.err) == printed.out.strip()


def test_a_link_to_this_machine_has_none_and_says_that_no_other_device_can_open_it(
    cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_process(cloud, NAME) == 0
    said = capsys.readouterr().err
    assert not set(said) & set("█▀▄")
    assert "on this machine. An iPad or a phone cannot" in said


def test_each_line_to_be_copied_works_on_the_same_project(
    cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_process(cloud, NAME) == 0
    undo = next(line for line in capsys.readouterr().err.splitlines() if line.startswith("Undo: "))
    assert shlex.split(undo)[1:] == ["scripts/invite.sh", "--folder", str(cloud.folder), "--revoke", NAME]
    assert subprocess.run(shlex.split(undo)[1:], cwd=SCRIPTS.parent, capture_output=True, timeout=60).returncode == 0
    assert len(cloud.control_state().revoked) == 1


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({}, "scripts/stop.sh --resume"),
        ({"PROJECT_ID": "from-file"}, "scripts/stop.sh --resume"),
        ({"PROJECT_ID": "mine"}, "PROJECT_ID=mine scripts/stop.sh --resume"),
        ({"PROJECT_ENV": "my second.env"}, "PROJECT_ENV='my second.env' scripts/stop.sh --resume"),
    ],
    ids=["the file's", "the same in the environment", "the environment's", "another file's"],
)
def test_a_line_to_be_copied_names_the_project_where_the_file_does_not(
    environ: dict[str, str], line: str, tmp_path: Path
) -> None:
    file = tmp_path / "project.env"
    file.write_text("PROJECT_ID=from-file\n")
    assert cloud_project(environ, file, tmp_path / "nothing").command("stop.sh", "--resume") == line


def test_a_terminal_of_any_colours_shows_the_qr_code_light_on_dark() -> None:
    lines = qr_code("https://site.example/#i=v1", colours=True).splitlines()
    assert all(line.startswith("\x1b[97;40m") and line.endswith("\x1b[0m") for line in lines)
    plain = "\n".join(line.removeprefix("\x1b[97;40m").removesuffix("\x1b[0m") for line in lines)
    assert qr_text(plain) == "https://site.example/#i=v1"


def test_what_is_remembered_of_an_invite_is_not_the_link(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    before = int(time.time())
    assert in_process(cloud, NAME) == 0
    link = capsys.readouterr().out.strip()
    (name,) = cloud.names("invited/")
    record = json.loads(cloud.read(name))
    assert record.keys() == {"name", "invited_at", "expires_at", "epoch"}
    assert (record["name"], record["epoch"]) == (NAME, cloud.epoch)
    assert before <= record["invited_at"] <= time.time()
    assert record["expires_at"] - record["invited_at"] == DAY
    text = link.partition("#i=")[2]
    assert not [file for file in cloud.control_bucket.rglob("*") if file.is_file() and text in file.read_text()]


def test_list_says_who_was_invited_and_who_was_let_in(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    sign_in(cloud, NAME, capsys)
    assert in_process(cloud, "Bob") == 0
    link = capsys.readouterr().out.strip()
    ended = cloud.run("invite.sh", "--list")
    assert ended.returncode == 0, ended.stderr
    heading, ana, bob = ended.stdout.splitlines()
    assert heading.split("  ")[0] == "name"
    assert heading.endswith("now")
    assert ana.startswith(NAME)
    assert "sign-in valid until" in ana
    assert bob.startswith("Bob")
    assert "link open until" in bob
    assert link not in ended.stdout + ended.stderr


def test_list_says_what_each_has_used_today_and_who_it_is_in_the_logs_and_at_openai(
    cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    ana, ben = sign_in(cloud, NAME, capsys), sign_in(cloud, "Ben", capsys)
    ids = {json.loads(cloud.read(name))["name"]: name[8:-5] for name in cloud.names("invited/")}
    headers = {"Origin": cloud.site_url, "Cookie": ana.headers["Set-Cookie"].partition(";")[0]}
    mint = requests.post(f"{cloud.site_url}/api/client-secrets", json={}, headers=headers, timeout=20)
    assert (ben.status_code, mint.status_code) == (204, 200)
    for minute in range(3):
        cloud.write(f"minutes/{datetime.now(UTC):%Y-%m}/{ids['Ben']}/rtc_1/{minute:02d}", b"{}")
    assert in_process(cloud, "--list") == 0
    heading, *rows = capsys.readouterr().out.splitlines()
    place = heading.index("calls today")
    used = {row.split("  ")[0]: row[place:].split()[:2] for row in rows}
    assert used == {NAME: ["1", "0"], "Ben": ["0", "3"]}
    for row in rows:
        person_id = ids[row.split("  ")[0]]
        assert person_id in row
        assert Person(person_id, "").safety_identifier in row


def test_list_says_who_has_signed_out(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    ana, _ben = sign_in(cloud, NAME, capsys), sign_in(cloud, "Ben", capsys)
    headers = {"Origin": cloud.site_url, "Cookie": ana.headers["Set-Cookie"].partition(";")[0]}
    assert requests.delete(f"{cloud.site_url}/api/access", headers=headers, timeout=20).status_code == 204
    assert in_process(cloud, "--list") == 0
    told = {row.split("  ")[0]: row.rpartition("  ")[2] for row in capsys.readouterr().out.splitlines()[1:]}
    assert told[NAME] == "signed out"
    assert told["Ben"].startswith("sign-in valid until")


def test_a_list_of_nobody_says_what_to_do(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_process(cloud, "--list") == 0
    assert "Nobody was invited yet" in capsys.readouterr().err


def test_revoking_a_name_signs_it_out_voids_its_links_and_leaves_the_others(
    cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    ana, bob = sign_in(cloud, NAME, capsys), sign_in(cloud, "Bob", capsys)
    assert in_process(cloud, NAME) == 0
    unused_link = capsys.readouterr().out.strip()
    ended = cloud.run("invite.sh", "--revoke", NAME)
    assert ended.returncode == 0, ended.stderr
    assert "(2 invites): in force everywhere within 15 s" in ended.stderr
    wait_until_signed_out(cloud, ana)
    assert redeem(unused_link).status_code == 403
    assert who_am_i(cloud, bob).status_code == 200


def test_revoking_all_signs_everybody_out_and_a_new_invite_works(
    cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    before = cloud.control_state()
    ana = sign_in(cloud, NAME, capsys)
    assert in_process(cloud, "--revoke", "all") == 0
    assert cloud.control_state().epoch == before.epoch + 1
    wait_until_signed_out(cloud, ana)
    again = sign_in(cloud, NAME, capsys)
    assert who_am_i(cloud, again).status_code == 200
    assert in_process(cloud, "--list") == 0
    _, *rows = capsys.readouterr().out.splitlines()
    assert len([row for row in rows if row.endswith("revoked")]) == 1
    assert len([row for row in rows if "sign-in valid until" in row]) == 1


def test_revoking_a_name_that_nobody_has_names_those_there_are(
    cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    before = cloud.control_state()
    assert in_process(cloud, NAME) == 0
    ended = cloud.run("invite.sh", "--revoke", "Anna")
    assert ended.returncode == 1
    assert "Nobody named 'Anna' was invited. There is: Ana's iPad" in ended.stderr
    assert cloud.control_state() == before


def test_what_is_revoked_at_the_same_time_is_all_revoked(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"Guest {number}" for number in range(6)]
    for name in names:
        assert in_process(cloud, name) == 0
    threads = [threading.Thread(target=in_process, args=(cloud, "--revoke", name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = {name.removeprefix("invited/").removesuffix(".json") for name in cloud.names("invited/")}
    assert len(ids) == 6
    assert cloud.control_state().revoked == ids


def test_an_invite_while_everything_is_stopped_says_so(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.write("control.json", ControlState(stopped=True).encode())
    assert in_process(cloud, NAME) == 0
    assert "everything is stopped. Allow calls: scripts/stop.sh --folder" in capsys.readouterr().err


def test_the_longest_name_there_can_be_signs_in(cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign_in(cloud, "\N{GRINNING FACE}" * 60, capsys).status_code == 204


def test_a_lost_answer_from_the_bucket_costs_no_invite_and_no_revocation(
    cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.storage_fault(fault="reset_after_commit", operation="objects_insert")
    signed_in = sign_in(cloud, NAME, capsys)
    cloud.storage_fault(fault="reset_after_commit", operation="objects_insert")
    assert in_process(cloud, "--revoke", NAME) == 0
    wait_until_signed_out(cloud, signed_in)


def test_all_is_nobodys_name(cloud: OwnerCloud) -> None:
    with pytest.raises(CommandFailed, match="--revoke takes it for everybody"):
        in_process(cloud, "all")


@pytest.mark.parametrize("name", ["", " ", "a" * 61, "two\nlines", "\x1b[31mred", "\udcff"], ids=repr)
def test_refuses_a_name_that_a_list_cannot_show(name: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="1 to 60 printable characters"):
        checked_name(name)


@pytest.mark.parametrize("name", ["A", "a" * 60, "Ana's iPad", "Żółć 🙂", " padded "], ids=repr)
def test_takes_a_name_that_a_person_has(name: str) -> None:
    assert checked_name(name) == name.strip()


@pytest.mark.parametrize(
    ("guest", "status"),
    [
        (Guest(guest_id="a", name="A", invited_at=0, link_expires_at=DAY), "link open until 1970-01-02 00:00 UTC"),
        (Guest(guest_id="a", name="A", invited_at=0, link_expires_at=5), "link expired unused"),
        (Guest(guest_id="a", name="A", redeemed_at=9), "sign-in valid until 1970-01-31 00:00 UTC"),
        (Guest(guest_id="a", name="A", redeemed_at=-31 * DAY), "sign-in ended (its time is over)"),
        (Guest(guest_id="gone", name="A", redeemed_at=9), "revoked"),
        (Guest(guest_id="a", name="A", redeemed_at=9, epoch=-1), "revoked"),
        (Guest(guest_id="a", name="A", redeemed_at=9, session_expires_at=5), "sign-in ended (its time is over)"),
        (Guest(guest_id="left", name="A", redeemed_at=9), "signed out"),
        (Guest(guest_id="gone left", name="A", redeemed_at=9), "revoked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_status_of_a_guest(guest: Guest, status: str) -> None:
    left = frozenset({"left", "gone left"})
    assert guest.status(ControlState(revoked=frozenset({"gone", "gone left"}), signed_out=left), now=10) == status


def test_a_guest_whose_records_are_not_there_still_has_a_line() -> None:
    assert guest_of("a", {}, {}).name == "(no name on record)"
    assert guest_of("a", {}, {"name": "Ana", "redeemed_at": 7}).redeemed_at == 7


def test_a_local_run_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    ended = subprocess.run([INVITE, "--folder", tmp_path, "--list"], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: No local run is going on in {tmp_path.name}/. Start it: scripts/dev.sh")
    assert "scripts/dev.sh" in ended.stderr


def test_wrong_usage_exits_2_and_help_says_how() -> None:
    assert subprocess.run([INVITE], capture_output=True, timeout=60).returncode == 2
    assert subprocess.run([INVITE, "Ana", "--list"], capture_output=True, timeout=60).returncode == 2
    helped = subprocess.run([INVITE, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert "--revoke NAME|all" in helped.stdout


def test_the_cloud_project_comes_from_the_environment_before_the_file(tmp_path: Path) -> None:
    file, nothing = tmp_path / "project.env", tmp_path / "nothing"
    file.write_text('# names\n\nPROJECT_ID="from-file"\nREGION=europe-west1\nSITE=from-file-5ab3c\n')
    from_file = cloud_project({}, file, nothing)
    assert from_file.site_url == "https://from-file-5ab3c.web.app"
    assert from_file.settings.control_bucket == "from-file-voicemint-control"
    assert from_file.settings.bucket == "from-file-voicemint-payloads"
    assert cloud_project({"PROJECT_ID": "", "SITE": ""}, file, nothing).site_url == from_file.site_url
    environ = {"PROJECT_ID": "mine", "SITE_URL": "https://talk.example/", "CONTROL_BUCKET": "other"}
    from_environ = cloud_project(environ, file, nothing)
    assert (from_environ.settings.project_id, from_environ.site_url) == ("mine", "https://talk.example")
    assert from_environ.settings.control_bucket == "other"


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({}, "No project is named"),
        ({"PROJECT_ID": "p", "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1"}, "leads to a stand-in"),
        ({"PROJECT_ID": "p", "SITE_URL": "http://elsewhere.example"}, "which is not a plain https URL"),
        ({"PROJECT_ID": "p", "SITE": "https://mine.web.app"}, "which is not the id of a Hosting site"),
    ],
    ids=["no project", "a stray stand-in", "a site without TLS", "an address for a site's id"],
)
def test_a_cloud_project_that_is_not_clear_is_refused(environ: dict[str, str], reason: str, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=reason):
        cloud_project(environ, tmp_path / "nothing", tmp_path / "nothing")


def test_a_line_that_only_a_shell_could_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "project.env"
    file.write_text("PROJECT_ID=mine\nBUCKET=$PROJECT_ID-payloads\n")
    with pytest.raises(CommandFailed, match=r"Line 2 of project\.env is not NAME=value"):
        parse_env(file)


def test_the_local_project_is_what_the_local_run_wrote(cloud: OwnerCloud) -> None:
    project = local_project(cloud.folder)
    assert project.settings.storage_url == cloud.storage_url
    assert project.site_url == cloud.site_url
