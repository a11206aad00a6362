"""Each program's requirements have what it imports, lazily or not, so an owner need not install speech and WebRTC."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path
from sys import stdlib_module_names

import pytest

from .tree import ROOT

OURS = {"voicemint", "common", "owner", "provision", "release", "smoke"}
OWNERS, SMOKE = ("functions", "scripts"), ("functions", "scripts", "scripts/smoke")
REQUIREMENTS = {"common": OWNERS, "owner": OWNERS, "provision": OWNERS, "release": OWNERS, "smoke": SMOKE}
HEAVY = {"aiortc", "av", "numpy", "pocketsphinx", "espeakng-loader", "sounddevice", "pydantic"}


@pytest.mark.parametrize("package", REQUIREMENTS)
def test_everything_imported_is_pinned_for_it(package: str) -> None:
    installed = set().union(*(modules(folder) for folder in REQUIREMENTS[package]))
    missing = {
        f"{file.name}: {' or '.join(names)}"
        for file in (ROOT / "scripts" / package).rglob("*.py")
        for names in imports(file)
        if installed.isdisjoint(names)
    }
    assert missing == set()


def test_owners_install_neither_speech_nor_webrtc() -> None:
    assert HEAVY.isdisjoint(name for folder in OWNERS for name in pinned(folder))


def test_only_what_runs_a_site_here_or_holds_a_call_asks_for_more_than_owners_need() -> None:
    asked = {
        file.name: re.findall(r'ensure_venv "\$\{(\w+)', file.read_text()) for file in (ROOT / "scripts").glob("*.sh")
    }
    more = {name for name, sets in asked.items() if {*sets} - {"FOR_OWNERS"}}
    assert more == {"bench.sh", "check.sh", "dev.sh", "smoke.sh", "test.sh"}
    assert {*asked["smoke.sh"]} == {"FOR_SMOKE"}


def imports(file: Path) -> Iterator[tuple[str, ...]]:
    """Of each import of somebody else's: the modules of which one has to be there."""
    for node in ast.walk(ast.parse(file.read_text())):
        names: list[tuple[str, ...]] = []
        if isinstance(node, ast.Import):
            names = [(alias.name,) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [(node.module, f"{node.module}.{alias.name}") for alias in node.names]
        yield from (found for found in names if found[0].partition(".")[0] not in OURS | stdlib_module_names)


@cache
def modules(folder: str) -> set[str]:
    """Every module of the distributions that the folder's lock pins."""
    files = (str(file) for name in pinned(folder) for file in files_of(name))
    return {re.sub(r"(/__init__)?\.pyi?$", "", file).replace("/", ".") for file in files if file.endswith(".py")}


def files_of(name: str) -> list[Path]:
    try:
        return [Path(file) for file in Distribution.from_name(name).files or ()]
    except PackageNotFoundError:  # pinned for another system or Python
        return []


@cache
def pinned(folder: str) -> tuple[str, ...]:
    lock = (ROOT / folder / "requirements.txt").read_text()
    return tuple(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))
