"""What Hosting has released, which neither CLI lists: a version is the page and the functions it is pinned to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .firebase_cli import firebase
from .project import Released

API = "https://firebasehosting.googleapis.com/v1beta1"
LIVE = "live"
KEPT = 10  # releases that can be gone back to


@dataclass(frozen=True)
class Release:
    """`pins`: (service, tag) of each rewrite; no tag where it follows the newest revision."""

    version: str
    released: str
    by: str
    pins: frozenset[tuple[str, str]]
    shows_a_site: bool


def releases(project: Released, channel: str = LIVE) -> list[Release]:
    """Newest first. Raises GcloudFailed."""
    url = f"{API}/projects/{project.names.project_id}/sites/{project.site}/channels/{channel}/releases?pageSize=50"
    return [_release(found) for found in project.signed.ask("GET", url).get("releases", [])]


def pins_in_use(project: Released) -> Iterator[tuple[str, str]]:
    """Of the releases that can be gone back to, and of every channel."""
    for release in releases(project)[:KEPT]:
        yield from release.pins
    for found in last_releases(project).values():
        yield from _release(found).pins


def last_releases(project: Released) -> dict[str, dict[str, Any]]:
    """Of each channel that has one, by the channel's id. Raises GcloudFailed."""
    url = f"{API}/projects/{project.names.project_id}/sites/{project.site}/channels?pageSize=100"
    channels = project.signed.ask("GET", url).get("channels", [])
    return {channel["name"].rpartition("/")[2]: channel["release"] for channel in channels if "release" in channel}


def previous(history: list[Release]) -> Release | None:
    """What was live before the present version first was: going back twice goes further back."""
    versions = [release.version for release in history]
    if not versions:
        return None
    first = len(versions) - 1 - versions[::-1].index(versions[0])
    earlier = [release for release in history[first + 1 :] if release.shows_a_site]
    return earlier[0] if earlier else None


def make_live(project: Released, version: str) -> None:
    """One change, and the whole site is that version. Raises CommandFailed."""
    site = f"{project.names.project_id}:{project.site}"
    firebase(project, "hosting:clone", f"{site}@{version}", f"{site}:{LIVE}")


def _release(found: dict[str, Any]) -> Release:
    version = found.get("version", {})
    runs = [rewrite["run"] for rewrite in version.get("config", {}).get("rewrites", []) if "run" in rewrite]
    return Release(
        version=version.get("name", "").rpartition("/")[2],
        released=found.get("releaseTime", ""),
        by=found.get("releaseUser", {}).get("email", ""),
        pins=frozenset((run["serviceId"], run.get("tag", "")) for run in runs),
        shows_a_site=found.get("type") != "SITE_DISABLE",
    )
