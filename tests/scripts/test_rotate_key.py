import argparse
import io
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
import requests
from common.console import CommandFailed
from common.signing_keys import id_of, new_line, parse_lines, unfinished, with_signer, with_verifier
from owner import rotate_key, signing_rotation
from owner.openai_key import check_key, read_key
from owner.people import Guest
from owner.rotate_key import main, overlap_seconds
from owner.signing_rotation import signed_by_older_keys
from voicemint.access.invites import make_invite
from voicemint.control.stop_switch import ControlState
from voicemint.errors import SecretUnavailable
from voicemint.secrets.openai_key import Secret
from voicemint.secrets.signing import SigningKeys

from .conftest import SCRIPTS, OwnerCloud

ROTATE = SCRIPTS / "rotate-key.sh"
NEW_KEY = "sk-planted-new-0123456789abcdefghij"
OVERLAP = ("--overlap", "2")  # seconds; the functions of these tests read their secrets every 0.2 s
OPENAI, SIGNING = "openai-api-key", "signing-key"


@pytest.fixture
def new_key() -> str:
    """One that no other test has stored."""
    return f"sk-planted-{uuid4().hex}"


def in_process(cloud: OwnerCloud, *arguments: str) -> int:
    return main(["--folder", str(cloud.folder), *OVERLAP, *arguments])


def session(keys: str) -> str:
    """A session that the first of `keys` signs."""
    person = {"id": "person", "name": "Ana", "exp": 2**40, "epoch": 0}
    return SigningKeys(keys).sign("session", person)


def mint(cloud: OwnerCloud, session_cookie: str) -> requests.Response:
    headers = {"Origin": cloud.site_url, "Cookie": f"__session={session_cookie}"}
    return requests.post(f"{cloud.site_url}/api/client-secrets", json={}, headers=headers, timeout=20)


def wait_until_it_mints(cloud: OwnerCloud) -> None:
    deadline = time.monotonic() + 15
    while mint(cloud, session(cloud.latest(SIGNING))).status_code != 200:
        assert time.monotonic() < deadline


def redeem(cloud: OwnerCloud, keys: str) -> str:
    """The session that the site gives for an invite that the first of `keys` signs."""
    _, text = make_invite(SigningKeys(keys), "Bob", 0)
    answer = requests.post(
        f"{cloud.site_url}/api/access", json={"invite": text}, headers={"Origin": cloud.site_url}, timeout=20
    )
    answer.raise_for_status()
    return answer.headers["Set-Cookie"].partition(";")[0].removeprefix("__session=")


@contextmanager
def load(*requests_to_make: Callable[[], requests.Response]) -> Iterator[list[int]]:
    """Make each of the requests over and over until the block ends; yields the statuses so far."""
    statuses: list[int] = []
    done = threading.Event()

    def repeat(request: Callable[[], requests.Response]) -> None:
        while not done.is_set():
            try:
                statuses.append(request().status_code)
            except requests.RequestException:
                statuses.append(0)

    threads = [threading.Thread(target=repeat, args=(request,)) for request in requests_to_make]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_the_signing_key_rotates_under_load_without_a_failed_request(cloud: OwnerCloud) -> None:
    old = cloud.latest(SIGNING)
    old_session = session(old)

    def mint_as_before() -> requests.Response:
        return mint(cloud, old_session)

    def sign_in_and_mint() -> requests.Response:
        return mint(cloud, redeem(cloud, cloud.latest(SIGNING)))

    with load(mint_as_before, sign_in_and_mint) as statuses:
        ended = cloud.run("rotate-key.sh", "signing", *OVERLAP)
    assert ended.returncode == 0, ended.stderr
    assert set(statuses) == {200}
    assert len(statuses) > 20
    new, *others = parse_lines(cloud.latest(SIGNING))
    assert others == parse_lines(old)
    assert mint(cloud, session(new)).status_code == 200
    assert set(list(cloud.versions(SIGNING).values())[1:]) == {"DESTROYED"}
    assert not [key for key in (new, old) if key.split()[1] in ended.stdout + ended.stderr]


def test_the_openai_key_rotates_under_load_without_a_failed_request(cloud: OwnerCloud, new_key: str) -> None:
    old_key, cookie = cloud.latest(OPENAI), session(cloud.latest(SIGNING))
    with load(lambda: mint(cloud, cookie), lambda: mint(cloud, cookie)) as statuses:
        ended = cloud.run("rotate-key.sh", "openai", *OVERLAP, stdin=new_key)
    assert ended.returncode == 0, ended.stderr
    assert set(statuses) == {200}
    assert len(statuses) > 20
    assert cloud.latest(OPENAI) == new_key
    newest, *older = cloud.versions(OPENAI).values()
    assert (newest, set(older)) == ("ENABLED", {"DESTROYED"})
    assert not [key for key in (old_key, new_key) if key in ended.stdout + ended.stderr]
    assert "Now revoke the old key" in ended.stderr


def test_the_same_key_makes_no_version(cloud: OwnerCloud, monkeypatch: pytest.MonkeyPatch, new_key: str) -> None:
    typed(monkeypatch, new_key)
    assert in_process(cloud, "openai") == 0
    before = cloud.versions(OPENAI)
    typed(monkeypatch, new_key)
    assert in_process(cloud, "openai") == 0
    assert cloud.versions(OPENAI) == before


def test_a_rotation_that_ended_half_way_goes_on(
    cloud: OwnerCloud, monkeypatch: pytest.MonkeyPatch, new_key: str
) -> None:
    cloud.add_version(OPENAI, new_key)
    before = cloud.versions(OPENAI)
    typed(monkeypatch, new_key)
    assert in_process(cloud, "openai") == 0
    after = cloud.versions(OPENAI)
    assert after.keys() == before.keys()
    assert [state for state in after.values() if state != "DESTROYED"] == ["ENABLED"]


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("owner.rotate_key.read_key", lambda: read_key(io.StringIO(text)))


def test_a_key_with_which_the_site_does_not_mint_leaves_the_old_one(
    cloud: OwnerCloud, monkeypatch: pytest.MonkeyPatch, new_key: str
) -> None:
    typed(monkeypatch, new_key)
    cloud.openai_fault(path="client_secrets", fault="invalid_api_key", times=None)
    with pytest.raises(CommandFailed, match=r"\(upstream_key_rejected: .* what worked before still does"):
        in_process(cloud, "openai")
    *_, old = sorted(cloud.versions(OPENAI))[:-1]
    assert cloud.versions(OPENAI)[old] == "ENABLED"


def test_versions_that_turn_out_to_be_needed_are_enabled_again(
    cloud: OwnerCloud, monkeypatch: pytest.MonkeyPatch, new_key: str
) -> None:
    checks = iter([None, CommandFailed(happened="nothing was minted", todo="Look.")])

    def check(*_arguments: object, **_keywords: object) -> None:
        if failure := next(checks):
            raise failure

    monkeypatch.setattr(rotate_key, "verified", check)
    typed(monkeypatch, new_key)
    with pytest.raises(CommandFailed, match="nothing was minted"):
        in_process(cloud, "openai")
    assert "DISABLED" not in cloud.versions(OPENAI).values()
    assert list(cloud.versions(OPENAI).values())[:2] == ["ENABLED", "ENABLED"]


def test_a_version_that_somebody_has_disabled_is_never_enabled_again(
    cloud: OwnerCloud, monkeypatch: pytest.MonkeyPatch, new_key: str
) -> None:
    """It may have leaked; the new key turns out not to work all the same."""
    cloud.add_version(OPENAI, f"{new_key}-leaked")
    leaked = max(cloud.versions(OPENAI))
    cloud.disable_version(OPENAI, leaked)

    def check(*_arguments: object, **_keywords: object) -> None:
        if cloud.versions(OPENAI)[leaked - 1] == "DISABLED":
            raise CommandFailed(happened="nothing was minted", todo="Look.")

    monkeypatch.setattr(rotate_key, "verified", check)
    typed(monkeypatch, new_key)
    with pytest.raises(CommandFailed, match="nothing was minted"):
        in_process(cloud, "openai")
    states = cloud.versions(OPENAI)
    assert (states[leaked - 1], states[leaked], states[leaked + 1]) == ("ENABLED", "DISABLED", "ENABLED")


def test_while_everything_is_stopped_a_leaked_key_can_still_be_replaced(
    cloud: OwnerCloud, monkeypatch: pytest.MonkeyPatch, new_key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.write("control.json", ControlState(stopped=True).encode())
    typed(monkeypatch, new_key)
    assert in_process(cloud, "openai") == 0
    assert cloud.latest(OPENAI) == new_key
    assert "It opens no calls at the moment (stopped" in capsys.readouterr().err
    cloud.write("control.json", ControlState().encode())
    wait_until_it_mints(cloud)


def test_retiring_voids_what_older_keys_signed_and_says_whom_it_signs_out(
    cloud: OwnerCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    old = cloud.latest(SIGNING)
    old_session = redeem(cloud, old)
    assert in_process(cloud, "signing") == 0
    with pytest.raises(CommandFailed, match="There is no terminal to ask on"):
        in_process(cloud, "signing", "--retire")
    assert mint(cloud, old_session).status_code == 200
    assert in_process(cloud, "signing", "--retire", "--yes") == 0
    assert "Signed out by this, or their link void (1):\n  Bob, since" in capsys.readouterr().err
    assert mint(cloud, old_session).status_code == 401
    (line,) = parse_lines(cloud.latest(SIGNING))
    assert mint(cloud, session(line)).status_code == 200
    assert list(cloud.versions(SIGNING).values())[1:].count("DESTROYED") == len(cloud.versions(SIGNING)) - 1
    assert in_process(cloud, "signing", "--retire") == 0
    assert "is the only key" in capsys.readouterr().out


def test_a_signing_rotation_that_ended_half_way_goes_on_with_its_key(cloud: OwnerCloud) -> None:
    lines = parse_lines(cloud.latest(SIGNING))
    new = new_line(lines)
    cloud.add_version(SIGNING, "\n".join(with_verifier(lines, new)))
    with pytest.raises(CommandFailed, match="ended half-way"):
        in_process(cloud, "signing", "--retire", "--yes")
    assert in_process(cloud, "signing") == 0
    assert parse_lines(cloud.latest(SIGNING)) == [new, *lines]


@pytest.mark.parametrize("line_end", ["", "\n"], ids=["printf", "echo"])
def test_a_key_is_read_from_stdin(line_end: str) -> None:
    assert read_key(io.StringIO(NEW_KEY + line_end)).reveal() == NEW_KEY


@pytest.mark.parametrize(
    "text",
    ["", "short", f"{NEW_KEY}\n\n", f"{NEW_KEY}\r\n", f" {NEW_KEY}", f"\u201c{NEW_KEY}", "x" * 5000],
    ids=["nothing", "short", "two lines", "CR LF", "space", "curly quote", "long"],
)
def test_what_is_no_key_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(CommandFailed, match="20 to 256 printable characters") as refused:
        read_key(io.StringIO(text))
    assert NEW_KEY not in str(refused.value)


def test_a_key_that_openai_does_not_take_changes_nothing(cloud: OwnerCloud) -> None:
    before = cloud.versions(OPENAI)
    ended = cloud.run("rotate-key.sh", "openai", stdin="not-a-key-that-openai-knows")
    assert ended.returncode == 1
    assert "OpenAI refused the new key: 401" in ended.stderr
    assert "not-a-key" not in ended.stderr
    assert cloud.versions(OPENAI) == before


@pytest.mark.parametrize(
    ("faults", "refused"),
    [
        ([("models", "forbidden")], None),
        ([("models", "forbidden"), ("client_secrets", "forbidden")], "may it write to Realtime"),
        ([("models", "server_error")], "Try again in a moment"),
        (
            [("models", "billing_not_active_by_type")],
            "could not check the key: 429 billing_not_active .* no active billing",
        ),
    ],
    ids=["restricted", "restricted too much", "trouble", "not paid"],
)
def test_a_restricted_key_is_tried_at_what_it_is_for(
    cloud: OwnerCloud, faults: list[tuple[str, str]], refused: str | None
) -> None:
    for path, fault in faults:
        cloud.openai_fault(path=path, fault=fault)
    base_url = cloud.environment["OPENAI_BASE_URL"]
    if refused is None:
        check_key(base_url, Secret(NEW_KEY))
    else:
        with pytest.raises(CommandFailed, match=refused):
            check_key(base_url, Secret(NEW_KEY))


def test_a_new_signing_key_has_the_highest_number_whatever_came_before() -> None:
    old = ["local " + "a" * 64]
    first = new_line(old)
    assert id_of(first) == "k1"
    assert id_of(new_line([first, *old])) == "k2"
    assert id_of(new_line(["k9 " + "b" * 64, first])) == "k10"
    assert new_line(old) != first


def test_a_signing_key_verifies_first_and_signs_next() -> None:
    old = ["local " + "a" * 64]
    new = new_line(old)
    assert with_verifier(old, new) == [*old, new]
    assert unfinished([*old, new]) == new
    assert with_signer([*old, new], new) == [new, *old]
    assert unfinished([new, *old]) is None
    assert unfinished(old) is None


def test_what_is_no_signing_key_is_refused() -> None:
    with pytest.raises(SecretUnavailable):
        parse_lines("k1 short")


def test_who_is_signed_out_held_something_that_the_older_keys_signed() -> None:
    guests = [
        Guest(guest_id="1", name="session", redeemed_at=100),
        Guest(guest_id="2", name="open link", invited_at=100, link_expires_at=1000),
        Guest(guest_id="3", name="since", redeemed_at=500),
        Guest(guest_id="4", name="expired link", invited_at=1, link_expires_at=10),
        Guest(guest_id="5", name="revoked", redeemed_at=100),
        Guest(guest_id="6", name="signed out already", redeemed_at=100),
    ]
    state = ControlState(revoked=frozenset({"5"}), signed_out=frozenset({"6"}))
    affected = signed_by_older_keys(guests, state, until=200, now=600)
    assert [guest.name for guest in affected] == ["session", "open link"]


@pytest.mark.parametrize(("answer", "accepted"), [("yes\n", True), ("y\n", False), ("", False)], ids=repr)
def test_a_person_has_to_say_yes(monkeypatch: pytest.MonkeyPatch, answer: str, accepted: bool) -> None:
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", terminal)
    if accepted:
        signing_rotation.confirm()
    else:
        with pytest.raises(CommandFailed, match="Nothing was changed"):
            signing_rotation.confirm()


@pytest.mark.parametrize("text", ["-1", "x", "1.5", "86401", "٣"])
def test_refuses_an_overlap_that_is_no_number_of_seconds(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="0 to 86400"):
        overlap_seconds(text)


def test_wrong_usage_exits_2_and_help_says_how() -> None:
    assert subprocess.run([ROTATE, "openai", "--retire"], capture_output=True, timeout=60).returncode == 2
    assert subprocess.run([ROTATE], capture_output=True, timeout=60).returncode == 2
    helped = subprocess.run([ROTATE, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert "scripts/rotate-key.sh [--local] signing --retire" in helped.stdout
