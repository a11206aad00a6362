"""The README's section on a project of one's own, command by command and in order, as an owner at a terminal."""

import json
import shlex
from collections.abc import Callable, Iterator

import pytest
from standins.google.control_plane.state.hosting_sites import Sites
from standins.serving import ServerThread

from ..google import PROJECT_ID, needs_gcloud
from .bootstrapping import OPENAI_KEY, Owner, owner_on
from .readme import OF_A_PROJECT, not_printed
from .tree import change_page, copy_tree
from .typing_owner import Typed, run_in_terminal

pytestmark = [needs_gcloud, pytest.mark.timeout(900)]
SECONDS = 600
SITE_URL = f"https://{PROJECT_ID}.web.app"
ANSWERS = {
    r"OpenAI API key \(it is not shown\): ": OPENAI_KEY,
    r"\[y/N\] ": "y",
    r"type the project.s id \([a-z-]+\): ": PROJECT_ID,
}


@pytest.fixture(scope="module")
def owner(servers: ServerThread, tmp_path_factory: pytest.TempPathFactory, warm_path: str) -> Iterator[Owner]:
    """Signed in to gcloud, with the project's id written into project.env, as the README says."""
    tree = copy_tree(tmp_path_factory.mktemp("readme"))
    with owner_on(servers, tmp_path_factory.mktemp("google"), tree, warm_path) as owner:
        owner.project_env.write_text(f"PROJECT_ID={PROJECT_ID}\nREGION=us-central1\n")
        del owner.environment["PROJECT_ID"]
        yield owner


def type_command(owner: Owner, command: str) -> Typed:
    owner.plane.state.log.clear()
    environment = {**owner.environment, "TERM": "xterm"}
    return run_in_terminal(shlex.split(command), ANSWERS, cwd=owner.tree, environment=environment, seconds=SECONDS)


def live_versions(owner: Owner) -> list[str]:
    """Of the page, oldest first."""
    return [release.version.name for release in owner.plane.state.part(Sites)[PROJECT_ID].channel("live").releases]


def after_doctor(owner: Owner, typed: Typed) -> None:
    assert owner.plane.state.log.writes() == []
    assert "Nothing stands in the way. What is marked `later`, the bootstrap makes: scripts/bootstrap.sh" in typed.shown


def after_bootstrap(owner: Owner, typed: Typed) -> None:
    assert f"{SITE_URL}/#i=" in typed.shown
    assert len(live_versions(owner)) == 1
    doctor = owner.run("doctor.sh", "--json")
    told = [finding["id"] for finding in json.loads(doctor.stdout)["findings"] if finding["status"] != "ok"]
    assert told == ["alerts-tell"]  # nobody has said yet whom the alerts should mail


def after_invite(owner: Owner, typed: Typed) -> None:
    assert f"{SITE_URL}/#i=" in typed.shown


def after_release(owner: Owner, typed: Typed) -> None:
    assert len(live_versions(owner)) == 2


def after_rollback(owner: Owner, typed: Typed) -> None:
    [first, _, last] = live_versions(owner)
    assert first == last


def after_teardown(owner: Owner, typed: Typed) -> None:
    state = owner.state()
    assert (state["accounts"], state["functions"], state["secrets"], state["queues"]) == ([], {}, {}, {})
    assert len(state["buckets"]) == 2, "data stays"


AFTER: dict[str, Callable[[Owner, Typed], None]] = {
    "scripts/doctor.sh": after_doctor,
    "scripts/bootstrap.sh": after_bootstrap,
    "scripts/invite.sh": after_invite,
    "scripts/release.sh": after_release,
    "scripts/rollback.sh": after_rollback,
    "scripts/teardown.sh": after_teardown,
}


def test_the_readme_has_the_whole_way() -> None:
    assert [shlex.split(command)[0] for command in OF_A_PROJECT] == list(AFTER)


@pytest.mark.parametrize("command", OF_A_PROJECT)
def test_a_command_of_the_readme_works_on_a_project(command: str, owner: Owner) -> None:
    """In this order: each goes on from where the one before has left the project."""
    script = shlex.split(command)[0]
    if script == "scripts/release.sh":
        change_page(owner.tree, "something new")
    typed = type_command(owner, command)
    assert typed.returncode == 0, typed.shown
    assert OPENAI_KEY not in typed.shown
    assert not_printed(command, typed.shown) == []
    AFTER[script](owner, typed)
