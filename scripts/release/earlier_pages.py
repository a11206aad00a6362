"""The assets of earlier releases stay on the site for some releases: pages of them that are still open ask for theirs.

Each release publishes `/assets.json`: for itself and each earlier release whose assets it still has, newest first, the
names of the assets and their SHA-256. The next release reads it from the live site, and takes the assets from there.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import requests
from common.console import say

LIST = "assets.json"
KEPT = 5  # releases before this one
LARGEST, SECONDS = 8 * 1024 * 1024, 30
NAME = re.compile(r"assets/\w[\w.-]{0,199}")
SHELL = re.compile(r"^const SHELL=(\{.*\});$", re.MULTILINE)  # every file of the build, told to its service worker

Assets = Mapping[str, str]  # name: SHA-256


def keep_earlier_pages(site_url: str, built: Path) -> None:
    """Put the assets of the site's last releases beside those of the page that is `built`."""
    own = own_assets(built)
    earlier = [assets for assets in _listed(site_url) if assets != own][:KEPT]
    releases = [own, *(_kept(site_url, built, assets) for assets in earlier)]
    for file in built.joinpath("assets").iterdir():
        if not any(f"assets/{file.name}" in assets for assets in releases):
            file.unlink()  # of an earlier run
    (built / LIST).write_text(json.dumps([dict(assets) for assets in releases], indent=1) + "\n", encoding="utf-8")


def own_assets(built: Path) -> Assets:
    """Those of the page itself, whatever else lies beside them."""
    worker = built.joinpath("service-worker.js").read_text(encoding="utf-8")
    found = SHELL.search(worker)
    if found is None:
        raise ValueError(f"{built}/service-worker.js: expected a line `const SHELL={{…}};`")
    shell = json.loads(found[1])
    names = [name.removeprefix("/") for name in (*shell["files"], *shell["later"])]
    return {name: _digest((built / name).read_bytes()) for name in names if name.startswith("assets/")}


def _listed(site_url: str) -> list[Assets]:
    """What the live site says that it has; nothing where it does not say: there is no site yet, or an older one."""
    try:
        found = json.loads(_get(f"{site_url}/{LIST}") or b"[]")
    except ValueError:
        return []
    releases = found if isinstance(found, list) else []
    return [assets for assets in releases if isinstance(assets, dict) and all(map(NAME.fullmatch, assets))]


def _kept(site_url: str, built: Path, assets: Assets) -> Assets:
    """Those of these assets that lie in `built` in the end; one that cannot be had is left out and said."""
    kept = {name: digest for name, digest in assets.items() if _is_there(site_url, built / name, name, digest)}
    if missing := len(assets) - len(kept):
        say(f"{missing} of an earlier release's assets could not be kept: pages that are open may miss them")
    return kept


def _is_there(site_url: str, file: Path, name: str, digest: str) -> bool:
    if file.is_file() and _digest(file.read_bytes()) == digest:
        return True
    content = _get(f"{site_url}/{name}")
    if content is None or _digest(content) != digest or file.exists():
        return False
    file.write_bytes(content)
    return True


def _get(url: str) -> bytes | None:
    try:
        answer = requests.get(url, timeout=SECONDS, allow_redirects=False)
    except requests.RequestException:
        return None
    return answer.content if answer.ok and len(answer.content) <= LARGEST else None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
