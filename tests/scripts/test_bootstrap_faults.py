"""Every write of scripts/bootstrap.sh fails once in every way; running it again leads to the same project.

A plain run gives each write one way that is waited out, and mixes refusals with SIGKILL; --long gives every write every
way, and kills after every single one.
"""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from standins.google.control_plane.state.faults import Fault, Faults
from standins.google.control_plane.state.request_log import Logged

from ..google import needs_gcloud
from .bootstrapping import OPENAI_KEY, Owner, Provisioned, State

pytestmark = [needs_gcloud, pytest.mark.timeout(3600)]
WAITED_OUT = ("409", "429", "503", "reset", "reset_after_commit")
MAX_RUNS = 200
KILLED = -9
MADE_UP = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12,}")
How = str  # a fault of state/faults.py, or "kill"


@dataclass
class OnceEach(Faults):
    """`ways` says how a write fails when it is tried for the first time, the second time, and so on."""

    ways: Callable[[Logged], list[How]] = lambda _entry: []
    kill: Callable[[], None] = lambda: None
    tries: dict[str, int] = field(default_factory=dict)
    met: list[tuple[str, How]] = field(default_factory=list)

    def take(self, entry: Logged) -> Fault | None:
        if not entry.write:
            return None
        write = identity(entry)
        number = self.tries.get(write, 0)
        ways = self.ways(entry)
        if number >= len(ways):
            return None
        self.tries[write] = number + 1
        self.met.append((write, ways[number]))
        if ways[number] == "kill":
            return Fault(None, after=lambda _entry: self.kill())
        return Fault(ways[number])


def identity(entry: Logged) -> str:
    """The same for a write and its repetition: what is another each time is left out."""
    body = json.dumps(entry.body, sort_keys=True) if isinstance(entry.body, dict) else ""
    body = re.sub(r'"(etag|data|dataCrc32c|requestId)": "[^"]*"', "", policy_change(entry, body))
    return MADE_UP.sub("…", f"{entry.method} {entry.host}{entry.path} {body}")


def policy_change(entry: Logged, body: str) -> str:
    """A policy is told by how many bindings it is about to have: they come one at a time."""
    is_policy = entry.path.endswith((":setIamPolicy", "/iam"))
    if not is_policy or not isinstance(entry.body, dict):
        return body
    policy = entry.body.get("policy", entry.body)
    return str(sorted((binding["role"], *sorted(binding["members"])) for binding in policy.get("bindings", [])))


def run_until_done(owner: Owner, faults: OnceEach) -> Iterator[int]:
    """The exit code of each run, the last of which is 0."""
    owner.plane.state.faults = faults
    for _ in range(MAX_RUNS):
        with owner.start(
            "bootstrap.sh", "--yes", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            faults.kill = process.kill
            _, said = process.communicate(OPENAI_KEY, timeout=1200)
        assert "Traceback" not in said, said
        nobody_is_left(owner)
        yield process.returncode
        if process.returncode == 0:
            return
    raise AssertionError(f"not done after {MAX_RUNS} runs: {said}")


def nobody_is_left(owner: Owner) -> None:
    deadline = time.monotonic() + 60
    while owner.processes():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def owner(provisioned: Provisioned) -> Iterator[Owner]:
    owner = provisioned.at(provisioned.empty)
    faults = owner.plane.state.faults
    yield owner
    owner.plane.state.faults = faults


@pytest.fixture
def wanted(provisioned: Provisioned) -> State:
    """What a bootstrap that nothing happened to has made."""
    return provisioned.at(provisioned.applied).state()


def standing(state: State) -> State:
    """Without destroyed versions: gcloud adds one again when an answer is lost, and the next look destroys it."""
    secrets = {
        name: [version for version in states if version != "DESTROYED"] for name, states in state["secrets"].items()
    }
    return {**state, "secrets": secrets}


def assert_same(owner: Owner, wanted: State) -> None:
    assert standing(owner.state()) == wanted
    assert owner.openai_keys() == [OPENAI_KEY]
    owner.plane.state.faults = Faults()
    owner.plane.state.log.clear()
    assert owner.bootstrap("--yes").returncode == 0
    assert owner.writes() == []


def test_what_goes_away_by_itself_is_waited_out(wanted: State, owner: Owner) -> None:
    """Each write fails once, in one way after the other; the last one loses the answer, not the change."""
    chosen: dict[str, How] = {}
    faults = OnceEach(
        ways=lambda entry: [chosen.setdefault(identity(entry), WAITED_OUT[len(chosen) % len(WAITED_OUT)])]
    )
    codes = list(run_until_done(owner, faults))
    assert len(codes) <= 4, codes
    assert set(chosen.values()) == set(WAITED_OUT)
    assert len(faults.met) >= 60
    assert_same(owner, wanted)


def test_a_refusal_or_a_kill_anywhere_is_completed_by_running_it_again(wanted: State, owner: Owner) -> None:
    """Of 25 writes one is followed by SIGKILL, and every other one refused at first."""
    chosen: dict[str, list[How]] = {}
    turns: list[list[How]] = [["kill"], *([["403"], []] * 12)]
    faults = OnceEach(ways=lambda entry: chosen.setdefault(identity(entry), turns[len(chosen) % len(turns)]))
    codes = list(run_until_done(owner, faults))
    assert codes.count(KILLED) >= 3, codes
    assert list(chosen.values()).count(["403"]) >= 25
    assert_same(owner, wanted)


@pytest.mark.parametrize("way", [*WAITED_OUT, "403", "kill"])
def test_every_write_fails_once(wanted: State, owner: Owner, way: How, is_long: bool) -> None:
    if not is_long:
        pytest.skip("takes minutes: --long")
    faults = OnceEach(ways=lambda _entry: [way])
    codes = list(run_until_done(owner, faults))
    assert way in ("403", "kill") or len(codes) == 1
    assert len(faults.met) >= 60
    assert_same(owner, wanted)
