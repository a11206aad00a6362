"""Every row of a table of SECURITY.md names the tests that show it; they are there, and a whole run passes them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..functions.conftest import FUNCTIONS_FOLDER
from .claims import is_of_pytest, is_there, rows, unshown
from .conftest import Figure

ROOT = FUNCTIONS_FOLDER.parent
ROWS = rows((ROOT / "SECURITY.md").read_text(encoding="utf-8"))
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0"]

TABLE = """
| threat | control | shown by |
|---|---|---|
| fire | a door | `tests/test_doors.py::test_it_shuts`, `web/test/door.test.ts` |
"""
DOORS = (
    "import pytest\n\n@pytest.mark.parametrize('side', 'ab')\ndef test_it_shuts(side): {}\n\ndef test_another(): pass\n"
)
VITEST = """
describe("a door", () => {
  test("shuts", () => {});
  test.each([1, 2])("has %i hinges", () => {});
  test.each([1, 2])(
    "opens (%i times)",
    () => {},
  );
  test.skip("is green", () => {});
  test.todo("sings");
});
"""
CONFTEST = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.security.claims import pytest_sessionfinish, pytest_terminal_summary
"""


def test_every_row_names_tests_and_no_folder() -> None:
    assert len(ROWS) > 20
    assert [row.claim for row in ROWS if not row.tests] == []
    assert [test for row in ROWS for test in row.tests if not is_there(test, ROOT)] == []


@pytest.mark.parametrize(
    ("named", "is_found"),
    [
        ("web/test/door.test.ts", True),
        ("web/test/window.test.ts", False),
        ("web/test/door.test.ts > shuts", True),
        ("web/test/door.test.ts > a door > has %i hinges", True),
        ("web/test/door.test.ts > a door > opens (%i times)", True),
        ("web/test/door.test.ts > a window > shuts", False),
        ("web/test/door.test.ts > shut", False),
        ("web/test/door.test.ts > is green", False),
        ("web/test/door.test.ts > sings", False),
    ],
)
def test_a_test_of_vitest_that_is_named_is_in_its_file_by_its_title(tmp_path: Path, named: str, is_found: bool) -> None:
    (tmp_path / "web" / "test").mkdir(parents=True)
    (tmp_path / "web" / "test" / "door.test.ts").write_text(VITEST)
    assert is_there(named, tmp_path) == is_found


def test_every_test_that_is_named_is_collected(figure: Figure) -> None:
    tests = sorted({test for row in ROWS for test in row.tests if is_of_pytest(test)})
    ours = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(
        [*PYTEST, "--collect-only", *tests], cwd=ROOT, env=ours, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
    figure("rows of SECURITY.md", f"{len(ROWS)}, each with its tests: {len(tests)} names, all collected")


@pytest.mark.parametrize(
    ("body", "arguments", "exit_code"),
    [
        ("pass", [], 0),
        ("pytest.skip('no')", [], 1),
        ("pytest.skip('no')", ["tests/test_doors.py"], 0),
        ("pytest.skip('no')", ["-k", "another"], 0),
    ],
    ids=["shown", "skipped in a whole run", "skipped in a run of a file", "left out"],
)
def test_a_whole_run_fails_without_a_test_that_is_named(
    tmp_path: Path, body: str, arguments: list[str], exit_code: int
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
    (tmp_path / "SECURITY.md").write_text(TABLE)
    (tmp_path / "tests" / "conftest.py").write_text(CONFTEST)
    (tmp_path / "tests" / "test_doors.py").write_text(DOORS.format(body))
    done = subprocess.run([*PYTEST, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == exit_code, done.stdout
    assert ("tests/test_doors.py::test_it_shuts (skipped): fire" in done.stdout) == bool(exit_code)


def test_a_test_that_passed_once_and_failed_once_shows_nothing() -> None:
    (row,) = rows(TABLE)
    test = "tests/test_doors.py::test_it_shuts"
    assert list(unshown([row], {test: {"passed", "skipped"}})) == []
    assert list(unshown([row], {test: {"passed", "failed"}})) == [f"{test} (failed, passed): fire"]
    assert list(unshown([row], {})) == [f"{test} (not run): fire"]
