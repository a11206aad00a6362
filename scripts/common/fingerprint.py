"""What would be released, in a few letters: the same sources and settings give the same letters, on every machine.

`python3 scripts/common/fingerprint.py FUNCTION` prints a function's: deploy.sh gives it to Google as the label
voicemint-source, so that "is it live and current?" is a read. Without a name it prints the whole release as JSON, which
the site then serves as /release.json. Standard library only: a build's deployment step has nothing else.

PROJECT_ID, REGION, CONTROL_BUCKET, BUCKET (environment): what a function is told at its deployment
"""

import fnmatch
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LABEL = "voicemint-source"
RELEASE_FILE = "release.json"
LENGTH = 40  # a label's value has 63 characters at most
NAMES = ("PROJECT_ID", "REGION", "CONTROL_BUCKET", "BUCKET")
NOT_OF_THE_PAGE = ("node_modules", "dist", "test", "screenshots", "*.md", "*.tsbuildinfo", ".*")


def function_fingerprint(root: Path, function: str, environ: Mapping[str, str]) -> str:
    """Of what gcloud uploads, of the function's flags, and of the command that deploys it."""
    sources = uploaded(root / "functions")
    settings = (root / "infra" / "functions" / f"{function}.yaml", root / "scripts" / "deploy.sh")
    told = [f"{name}={environ.get(name, '')}" for name in NAMES]
    return _fingerprint(root, [*sources, *settings], [function, *told])


def page_fingerprint(root: Path) -> str:
    """Of what the page is built from, agents included, and of Hosting's configuration."""
    page = _files(root / "web", NOT_OF_THE_PAGE)
    return _fingerprint(root, [*page, *_files(root / "functions" / "agents", ())], [])


def release(root: Path, environ: Mapping[str, str]) -> dict[str, object]:
    """{"page": fingerprint, "functions": {name: fingerprint}}"""
    names = sorted(file.stem for file in (root / "infra" / "functions").glob("*.yaml"))
    functions = {name: function_fingerprint(root, name, environ) for name in names}
    return {"page": page_fingerprint(root), "functions": functions}


def uploaded(folder: Path) -> Iterator[Path]:
    """The files that gcloud uploads: of the lines of .gcloudignore that match a path, the last one says."""
    text = (folder / ".gcloudignore").read_text(encoding="utf-8")
    rules = [Rule.read(line) for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]
    return _kept(folder, (), rules)


class Rule(NamedTuple):
    """`/NAME/GLOB`, from the folder's top; `!` in front keeps, `/` behind is about folders only."""

    parts: tuple[str, ...]
    keeps: bool
    of_folders: bool

    @classmethod
    def read(cls, line: str) -> "Rule":
        """Raises ValueError for what gcloud would read and this does not."""
        path = line.removeprefix("!")
        if not path.startswith("/") or "**" in path or "\\" in path:
            raise ValueError(f".gcloudignore: expected /NAME/GLOB, with ! in front or / behind; found {line}")
        return cls(tuple(path.strip("/").split("/")), line.startswith("!"), path.endswith("/"))

    def matches(self, parts: tuple[str, ...], is_folder: bool) -> bool:
        return (
            len(parts) == len(self.parts)
            and (is_folder or not self.of_folders)
            and all(map(fnmatch.fnmatchcase, parts, self.parts))
        )


def _kept(folder: Path, above: tuple[str, ...], rules: Sequence[Rule]) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        parts, is_folder = (*above, entry.name), entry.is_dir()
        if not next((rule.keeps for rule in reversed(rules) if rule.matches(parts, is_folder)), True):
            continue
        if is_folder:
            yield from _kept(entry, parts, rules)
        else:
            yield entry


def _files(folder: Path, left_out: Iterable[str]) -> Iterator[Path]:
    patterns = tuple(left_out)
    for entry in sorted(folder.iterdir()):
        if any(fnmatch.fnmatchcase(entry.name, pattern) for pattern in patterns):
            continue
        if entry.is_dir():
            yield from _files(entry, patterns)
        else:
            yield entry


def _fingerprint(root: Path, files: Iterable[Path], words: Iterable[str]) -> str:
    digest = hashlib.sha256(json.dumps(list(words)).encode())
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"\n{file.relative_to(root).as_posix()} {content}".encode())
    return digest.hexdigest()[:LENGTH]


def main(functions: list[str]) -> None:
    for function in functions:
        print(function_fingerprint(ROOT, function, os.environ))
    if not functions:
        print(json.dumps(release(ROOT, os.environ), indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
