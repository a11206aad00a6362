"""scripts/rollback.sh: the page and the functions of the release before, in one change."""

import pytest
from common.gcloud import Gcloud
from release import pins
from release.hosting import pins_in_use
from release.project import Released as PublishedProject
from standins.google.control_plane.state.hosting_sites import Site, Sites, Version

from ..google import needs_gcloud
from .provisioned import NAMES, PROJECT_ID
from .released import SITE_SAID, SITE_URL, Released, another_site

pytestmark = [needs_gcloud, pytest.mark.timeout(900)]


def versions(released: Released) -> list[Version]:
    """Of the live channel, oldest first."""
    return [release.version for release in released.live.releases]


def version_id(version: Version) -> str:
    return version.name.rpartition("/")[2]


def revision_of(released: Released, service: str) -> str:
    """Which revision of a function the live site leads to."""
    runs = [rewrite["run"] for rewrite in versions(released)[-1].config["rewrites"]]
    [tag] = {run["tag"] for run in runs if run["serviceId"] == service}
    revision = released.service(service).revision_for(tag)
    assert revision is not None
    return revision.name


def test_it_brings_back_page_and_functions_together(after_build: Released) -> None:
    first, second = versions(after_build)
    newest = revision_of(after_build, "sign-in")
    assert after_build.get(f"{SITE_URL}/changed.txt").text == "the second page"
    ended = after_build.run("rollback.sh", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert f"now serves version {version_id(second)}" in ended.stderr
    assert ended.stdout.startswith(f"Live: version {version_id(first)} of ")
    assert after_build.get(f"{SITE_URL}/changed.txt").status_code == 404
    assert revision_of(after_build, "sign-in") != newest
    assert after_build.get(f"{SITE_URL}/api/access").json()["error"]["code"] == "signed_out"
    assert [entry.path.rpartition("/")[2] for entry in after_build.plane.state.log.writes()] == ["releases"]

    again = after_build.run("rollback.sh", "--yes")
    assert again.returncode == 1
    assert "There is no earlier release. See what there is" in again.stderr

    forward = after_build.run("rollback.sh", "--to", version_id(second), "--yes")
    assert forward.returncode == 0, forward.stderr
    assert revision_of(after_build, "sign-in") == newest


@pytest.mark.parametrize("said", SITE_SAID)
def test_it_is_the_projects_site_whatever_that_is_called(released: Released, said: str) -> None:
    site, environment = another_site(released, said)
    first, _ = (release_by_hand(site) for _ in range(2))
    ended = released.run("rollback.sh", "--yes", **environment)
    assert ended.returncode == 0, ended.stderr
    assert f"The site https://{site.site_id}.web.app now serves" in ended.stderr
    assert site.channel("live").releases[-1].version is first
    assert f"{PROJECT_ID}.web.app" not in {entry.host for entry in released.plane.state.log}


def release_by_hand(site: Site) -> Version:
    """Of a page without functions."""
    version = site.add_version("owner@example.com", {})
    site.finalize(version)
    site.release(site.channel("live"), version.name, "owner@example.com", "")
    return version


def test_it_asks_first(after_build: Released) -> None:
    ended = after_build.run("rollback.sh", stdin="no\n")
    assert ended.returncode == 1
    assert "Nothing was changed." in ended.stderr
    assert after_build.plane.state.log.writes() == []


def test_it_lists_what_was_released(after_build: Released) -> None:
    first, second = versions(after_build)
    ended = after_build.run("rollback.sh", "--list")
    lines = ended.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [version_id(second), version_id(first)]
    assert [line.endswith("(live)") for line in lines] == [True, False]
    assert after_build.plane.state.log.writes() == []


def test_a_version_that_nobody_knows(after_build: Released) -> None:
    ended = after_build.run("rollback.sh", "--to", "0123456789abcdef", "--yes")
    assert ended.returncode == 1
    assert "Version '0123456789abcdef' was never live" in ended.stderr


def test_functions_that_are_gone_are_no_way_back(after_build: Released) -> None:
    service = after_build.service("mint-client-secret")
    service.traffic = [target for target in service.traffic if not target.get("tag")]
    ended = after_build.run("rollback.sh", "--yes")
    assert ended.returncode == 1
    assert "needs revisions that no longer exist, of mint-client-secret" in ended.stderr
    assert after_build.plane.state.log.writes() == []


def test_tags_that_no_release_uses_any_more_are_taken_away(
    after_build: Released, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one leads to could be asked for ever: a hole that was closed would stay open there."""
    first, second = versions(after_build)
    environment = after_build.cloud.environment
    for name in ("HTTPS_PROXY", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, environment[name])
    project = PublishedProject(NAMES, Gcloud(PROJECT_ID, environ=environment))
    pins.unpin(project, pins_in_use(project))
    assert after_build.plane.state.log.writes() == []
    after_build.live.releases = after_build.live.releases[-1:]
    after_build.plane.state.part(Sites)[PROJECT_ID].channels.pop("release")
    pins.unpin(project, pins_in_use(project))
    service = after_build.service("sign-in")
    assert [target["tag"] for target in service.traffic if "tag" in target] == [tag_of(second, "sign-in")]
    assert service.all_traffic_on_latest
    assert tag_of(first, "sign-in") != tag_of(second, "sign-in")


def test_after_a_hole_was_closed_the_old_functions_can_be_ended(after_build: Released) -> None:
    _, second = versions(after_build)
    assert after_build.run("rollback.sh", "--forget", stdin="n\n").returncode == 1
    assert after_build.plane.state.log.writes() == []
    ended = after_build.run("rollback.sh", "--forget", "--yes")
    assert ended.returncode == 0, ended.stderr
    service = after_build.service("sign-in")
    assert [target["tag"] for target in service.traffic if "tag" in target] == [tag_of(second, "sign-in")]
    assert after_build.get(f"{SITE_URL}/api/access").json()["error"]["code"] == "signed_out"


def tag_of(version: Version, service: str) -> str:
    [tag] = {rewrite["run"]["tag"] for rewrite in version.config["rewrites"] if rewrite["run"]["serviceId"] == service}
    return str(tag)
