"""infra/control-lifecycle.json: of every kind of object in the control bucket, when it goes."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from voicemint.access.invites import INVITE_SECONDS, INVITED_PREFIX, REDEEMED_PREFIX, SESSION_SECONDS
from voicemint.control.stop_switch import CONTROL_OBJECT, SIGNED_OUT_PREFIX

from .infra_files import INFRA
from .standins.google.discovery import validator

LIFECYCLE = json.loads((INFRA / "control-lifecycle.json").read_text())
DAYS = {
    prefix: rule["condition"]["age"] for rule in LIFECYCLE["rule"] for prefix in rule["condition"]["matchesPrefix"]
}  # fmt: skip
FUNCTIONS = INFRA.parent / "functions"
# What begins like a folder and is none of the control bucket: an agent's file, a resource of Google's, payloads.
OTHERS = {"agents/", "projects/", "calls/dt=", "multipart/form-data; boundary="}
DAY = 24 * 3600


def folders(file: Path) -> Iterator[str]:
    """What the texts of a module begin with that are put together to a name with a folder, up to the first gap."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            beginning = str(node.values[0].value)
            if re.match(r"[a-z][a-z-]*/", beginning):
                yield beginning
        elif isinstance(node, ast.Constant) and re.fullmatch(r"[a-z][a-z-]*/([a-z-]+/)*", str(node.value)):
            yield str(node.value)


def test_every_kind_of_object_that_the_functions_write_has_its_end() -> None:
    found = {folder for file in FUNCTIONS.rglob("*.py") for folder in folders(file)} - OTHERS
    assert {folder for folder in found if not folder.startswith(tuple(DAYS))} == set()


def test_a_new_kind_of_object_is_found(tmp_path: Path) -> None:
    file = tmp_path / "new.py"
    file.write_text("PREFIX = 'votes/'\nbucket.create(f'seats/{day}/{seat}', b'{}')\ntype = 'application/json'\n")
    assert set(folders(file)) == {"votes/", "seats/"}


def test_the_switch_stays() -> None:
    assert not CONTROL_OBJECT.startswith(tuple(DAYS))
    assert all(rule["condition"].keys() == {"age", "matchesPrefix"} for rule in LIFECYCLE["rule"])


def test_nothing_goes_while_it_is_needed() -> None:
    """A month's minutes to the month's end, a guest's record as long as a session that began on the last day lasts,
    that somebody signed out as long as the session would have lasted."""
    assert DAYS["minutes/"] > 31
    assert all(DAYS[prefix] * DAY > INVITE_SECONDS + SESSION_SECONDS for prefix in (INVITED_PREFIX, REDEEMED_PREFIX))
    assert DAYS[SIGNED_OUT_PREFIX] * DAY > SESSION_SECONDS
    assert min(DAYS.values()) > 1


def test_google_knows_every_field() -> None:
    assert list(validator("storage.v1", "Bucket").iter_errors({"lifecycle": LIFECYCLE})) == []
