"""A copy of what a release is made from, for tests that change it: nobody else's page or function moves meanwhile."""

import shutil
import subprocess
from pathlib import Path

from ..npm import ensure_npm

ROOT = Path(__file__).parents[2]
COPIED = ("functions", "infra", "scripts", "web", "cloudbuild.yaml", "pyproject.toml")
LINKED = (".venv", "infra/firebase/node_modules", "web/node_modules")
LEFT_OUT = shutil.ignore_patterns("node_modules", "__pycache__", "screenshots", ".firebase")


def copy_tree(folder: Path) -> Path:
    """The tree as it lies, with what is installed linked, and the page built."""
    ensure_npm("infra/firebase")
    ensure_page = ["bash", "-euo", "pipefail", "-c", "source scripts/lib.sh; ensure_page"]
    subprocess.run(ensure_page, cwd=ROOT, check=True, capture_output=True, timeout=600)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=LEFT_OUT)
        else:
            shutil.copy2(source, folder / name)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    page_is_built(folder)
    return folder


def change_page(tree: Path, text: str) -> None:
    """Another page, as a build would bring it: building takes seconds, and is tested elsewhere."""
    for folder in ("web/public", "web/dist"):
        (tree / folder / "changed.txt").write_text(text)
    page_is_built(tree)


def page_is_built(tree: Path) -> None:
    """Nothing has to be built: the page is newer than what was changed."""
    (tree / "web" / "dist" / "index.html").touch()


def change_function(tree: Path, name: str, old: str, new: str) -> None:
    file = tree / "functions" / f"{name.replace('-', '_')}.py"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
