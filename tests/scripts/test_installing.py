"""What the scripts install is what was pinned, byte for byte, and runs no code on the way."""

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "scripts").glob("*.sh"))
FOLDERS = ("web", "infra/firebase", "scripts/bench/peers/*")
LOCKS = [lock for folder in FOLDERS for lock in sorted(ROOT.glob(f"{folder}/package-lock.json"))]
PROGRAMS = ("bash", "env", "dirname", "cat", "cksum", "tr")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The scripts, an environment with uv and nothing else, and an index of packages that are not what they say."""
    (tmp_path / "scripts").mkdir()
    for file in (*SCRIPTS, ROOT / "scripts" / "uv.txt", ROOT / "scripts" / "nodejs.txt"):
        shutil.copy2(file, tmp_path / "scripts")
    packages = tmp_path / "packages"
    packages.mkdir()
    for tool in ("uv", "nodejs"):
        for name, version in re.findall(r"^([\w-]+)==([\d.]+)", pins(tool), re.MULTILINE):
            make_wheel(packages, name.replace("-", "_"), version)
    return tmp_path


def make_wheel(folder: Path, name: str, version: str) -> None:
    """Good in itself, and none that anybody has pinned."""
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        info = f"{name}-{version}.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def pins(tool: str) -> str:
    """One requirement with its hashes after another, without comments."""
    text = (ROOT / "scripts" / f"{tool}.txt").read_text()
    return re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE)


def sourced(tree: Path, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"HOME": str(tree), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tree / "packages"), "UV_OFFLINE": "1"}
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail; source scripts/lib.sh; {command}"],
        cwd=tree,
        env={"PATH": os.environ["PATH"], **own, "UV_FIND_LINKS": str(tree / "packages"), **environment},
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def test_another_uv_than_the_pinned_one_is_not_installed(tree: Path) -> None:
    ended = sourced(tree, "create_venv")
    assert ended.returncode != 0
    assert "DO NOT MATCH THE HASHES" in ended.stderr
    assert not (tree / ".venv" / "bin" / "uv").exists()


def test_another_node_than_the_pinned_one_is_not_installed(tree: Path) -> None:
    venv.create(tree / ".venv", symlinks=True)
    (tree / ".venv" / "bin" / "uv").symlink_to(Path(sys.executable).with_name("uv"))
    without_node = tree / "bin"
    without_node.mkdir()
    for program in PROGRAMS:
        (without_node / program).symlink_to(shutil.which(program) or "")
    ended = sourced(tree, "ensure_node", PATH=str(without_node))
    assert ended.returncode != 0
    assert "Hash mismatch" in ended.stderr
    assert not (tree / ".venv" / "bin" / "node").exists()


@pytest.mark.parametrize("tool", ["uv", "nodejs"])
def test_every_pin_has_hashes(tool: str) -> None:
    for requirement in re.split(r"\n(?=\w)", pins(tool).strip()):
        pin, *hashes = requirement.replace("\\\n", " ").split()
        assert re.fullmatch(r"[\w-]+==[\d.]+", pin)
        assert hashes
        assert [word for word in hashes if not re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", word)] == []


def test_pip_and_npm_run_only_as_the_shared_functions_have_them() -> None:
    lines = [(file.name, line.strip()) for file in SCRIPTS for line in file.read_text().splitlines()]
    commands = [(name, line) for name, line in lines if not line.startswith("#")]
    assert [line for _, line in commands if "pip install" in line and "--require-hashes" not in line] == []
    assert [line for _, line in commands if re.search(r"(^|&& |; )npm ", line)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_no_installation_script_of_an_npm_package_runs(lock: Path) -> None:
    assert "ignore-scripts=true" in lock.with_name(".npmrc").read_text().splitlines()


def test_npm_gets_no_key_and_no_session(tree: Path) -> None:
    programs = tree / "programs"
    programs.mkdir()
    npm = programs / "npm"
    npm.write_text("#!/usr/bin/env bash\nenv\n")
    npm.chmod(0o755)
    secrets = dict.fromkeys(("OPENAI_API_KEY", "VOICEMINT_SESSION", "VOICEMINT_INVITE", "FIREBASE_TOKEN"), "planted")
    ended = sourced(tree, "run_npm ci", PATH=f"{programs}:{os.environ['PATH']}", AGENTS_FOLDER="kept", **secrets)
    assert ended.returncode == 0, ended.stderr
    assert "planted" not in ended.stdout
    assert "AGENTS_FOLDER=kept" in ended.stdout
