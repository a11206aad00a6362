import subprocess
import sys
from pathlib import Path

COLLECT_TWICE = Path(__file__).with_name("collect_twice.py")
TEST = """
import os, pathlib, time, pytest

@pytest.mark.parametrize("value", [{values}], ids=str)
def test_{name}(value): pass
"""
DIFFERENT = {
    "clock": "int(time.time())",
    "time_zone": "time.tzname[0]",
    "hash_order": "*{'one', 'two', 'three', 'four', 'five', 'six', 'seven'}",
    "address": "object()",
    "random": "os.urandom(4).hex()",
    "environment": "os.environ['HOME']",
}


def collect_twice(folder: Path, **values: str) -> subprocess.CompletedProcess[str]:
    file = folder / "test_one.py"
    file.write_text("".join(TEST.format(name=name, values=text) for name, text in values.items()))
    return subprocess.run([sys.executable, COLLECT_TWICE, file], capture_output=True, text=True, check=False)


def test_each_id_that_is_not_the_same_everywhere_is_named(tmp_path: Path) -> None:
    done = collect_twice(tmp_path, **DIFFERENT, same="1, 'two'")
    assert done.returncode == 1
    assert {name for name in (*DIFFERENT, "same") if f"::test_{name}[" in done.stderr} == set(DIFFERENT)


def test_an_id_that_holds_the_path_of_the_checkout_is_named(tmp_path: Path) -> None:
    done = collect_twice(tmp_path, path="pathlib.Path.cwd()", same="1, 'two', {'three': 3}")
    assert done.returncode == 1
    assert "::test_path[" in done.stderr
    assert "::test_same[" not in done.stderr


def test_a_file_that_cannot_be_collected_is_shown(tmp_path: Path) -> None:
    done = collect_twice(tmp_path, broken="nothing_of_this_name")
    assert done.returncode == 1
    assert "NameError" in done.stderr
