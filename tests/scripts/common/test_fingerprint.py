"""What is uploaded, as gcloud itself says it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from common.fingerprint import Rule, uploaded

from ...google import needs_gcloud

FUNCTIONS = Path(__file__).parents[3] / "functions"
STRAY = (
    ".env", "notes.txt", "key.json", "requirements.in", "agents/.env", "agents/draft.md", "voicemint/.env",
    "voicemint/a.pem", ".venv/lib/site.py", "node_modules/x.py", "voicemint/__pycache__/x.py",
)  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """functions/ with files that nobody meant to upload."""
    folder = tmp_path / "functions"
    shutil.copytree(FUNCTIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in STRAY:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("planted")
    return folder


def test_nothing_is_uploaded_that_is_not_named(source: Path) -> None:
    names = [file.relative_to(source).as_posix() for file in uploaded(source)]
    assert set(STRAY) & set(names) == set()
    assert {"main.py", "requirements.txt", "agents/assistant.toml", "voicemint/openai/prices.json"} <= set(names)
    suffixes = {Path(name).suffix for name in names}
    assert suffixes == {".py", ".txt", ".toml", ".json"}


@needs_gcloud
def test_gcloud_uploads_the_same(source: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        ["gcloud", "meta", "list-files-for-upload", source],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CLOUDSDK_CONFIG": str(tmp_path / "gcloud")},
        capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    assert sorted(said.stdout.split()) == sorted(file.relative_to(source).as_posix() for file in uploaded(source))


@pytest.mark.parametrize("line", ["*.pyc", "__pycache__/", "/a/**", "!x", "/a\\ b"])
def test_a_line_that_gcloud_would_read_otherwise_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="expected /NAME/GLOB"):
        Rule.read(line)
