"""scripts/release.sh: the real gcloud and the real Firebase CLI, a Google that runs what it is given, a spoken call."""

import json
import subprocess

import pytest
import requests
from standins.google.control_plane.state.hosting_sites import Sites

from ..google import needs_gcloud
from .provisioned import PROJECT_ID
from .released import FIRST_WORDS, SITE_SAID, SITE_URL, Released, another_site, plant_over
from .tree import ROOT, change_function, change_page, page_is_built

pytestmark = [needs_gcloud, pytest.mark.timeout(900)]
STEPS = ("page", "sign in", "mint", "text turn", "call", "log write")
UNUSED_BY_THE_PAGE = "watch-call"  # tasks call it, and always its newest revision


def live_resource(released: Released) -> object:
    return released.live.resource()


def test_a_first_release_is_live_once_the_smoke_check_has_passed(first_release: Released) -> None:
    [ended] = first_release.ended
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == SITE_URL
    rows = [line.split("  ")[0] for line in ended.stdout.splitlines() if "  ok  " in line]
    assert tuple(rows) == STEPS
    assert ended.stderr.index("Smoke check of") < ended.stderr.index("Making version")


def test_people_get_what_was_tested(released: Released) -> None:
    page = released.get(SITE_URL)
    assert page.text == (released.tree / "web" / "dist" / "index.html").read_text()
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert released.get(f"{SITE_URL}/api/access").json()["error"]["code"] == "signed_out"
    [release] = released.live.releases
    assert released.plane.state.part(Sites)[PROJECT_ID].channel("release").releases[-1].version is release.version


def test_every_rewrite_is_pinned_to_the_revision_that_was_tested(released: Released) -> None:
    runs = [rewrite["run"] for rewrite in released.live.releases[-1].version.config["rewrites"]]
    assert len(runs) >= 3
    for run in runs:
        service = released.service(run["serviceId"])
        assert service.revision_for(run["tag"]) is service.latest
        assert service.all_traffic_on_latest


def test_who_signs_the_firebase_cli_in_is_gcloud_and_its_token_ends_with_the_command(released: Released) -> None:
    assert list(released.cloud.proxy.ca_file.parent.rglob("firebase-tools.json")) == []


def test_again_with_nothing_new_it_writes_nothing(released: Released) -> None:
    ended = released.run("release.sh", "--if-changed")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "The live release is current" in ended.stderr
    assert released.plane.state.log.writes() == []
    deployed = released.run("deploy.sh", "--if-changed")
    assert (deployed.returncode, deployed.stdout, released.plane.state.log.writes()) == (0, "", [])
    planned = released.run("release.sh", "--if-changed", "--dry-run")
    assert (planned.returncode, planned.stdout) == (0, "")


def test_a_dry_run_names_what_would_be_done(released: Released) -> None:
    change_page(released.tree, "another page")
    planned = released.run("release.sh", "--if-changed", "--dry-run")
    assert "the page is another" in planned.stderr
    assert [line.split()[0] for line in planned.stdout.splitlines()] == ["scripts/release.sh"]
    change_function(released.tree, "sign-in", FIRST_WORDS, f"{FIRST_WORDS}  ")
    planned = released.run("release.sh", "--if-changed", "--dry-run")
    assert planned.stdout.startswith("gcloud functions deploy ")
    assert released.plane.state.log.writes() == []


def test_a_page_that_fails_its_smoke_check_leaves_live_as_it_was(released: Released) -> None:
    """OpenAI refuses the key."""
    before, page = live_resource(released), released.get(SITE_URL).text
    change_page(released.tree, "another page")
    fault = {"path": "client_secrets", "fault": "invalid_api_key", "times": None}
    requests.post(f"{released.openai_url}/_standin/faults", json=fault, timeout=5).raise_for_status()
    ended = released.run("release.sh")
    assert ended.returncode == 1
    assert "mint        FAILED" in ended.stdout
    assert "The live site was not touched: it serves version" in ended.stderr
    assert (live_resource(released), released.get(SITE_URL).text) == (before, page)
    assert released.get(f"{SITE_URL}/changed.txt").status_code == 404
    [channel] = [c for name, c in released.plane.state.part(Sites)[PROJECT_ID].channels.items() if name == "release"]
    assert released.get(f"{channel.url}/changed.txt").text == "another page"


@pytest.mark.parametrize("said", SITE_SAID)
def test_a_site_of_another_name_than_the_projects_gets_the_release(released: Released, said: str) -> None:
    """Hosting names the default site otherwise where the project's id is reserved."""
    sites, (site, environment) = released.plane.state.part(Sites), another_site(released, said)
    ended = released.run("release.sh", **environment)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == f"https://{site.site_id}.web.app"
    assert [len(other.channel("live").releases) for other in sites.values()] == [
        other is site for other in sites.values()
    ]
    assert f"{PROJECT_ID}.web.app" not in {entry.host for entry in released.plane.state.log}
    assert [file.name for file in (released.tree / "web").glob(".firebase-*")] == []


def test_a_preview_of_a_branch_is_a_site_of_its_own_with_functions_of_its_own(released: Released) -> None:
    before, tasks = live_resource(released), released.service(UNUSED_BY_THE_PAGE).latest
    change_page(released.tree, "a preview")
    change_function(released.tree, "sign-in", FIRST_WORDS, '"name": "somebody in a preview"')
    ended = released.run("release.sh", "--channel", "Feature/Nicer page")
    assert ended.returncode == 0, ended.stderr
    assert "as somebody in a preview" in ended.stdout
    url = ended.stdout.splitlines()[-1]
    assert url.startswith(f"https://{PROJECT_ID}--feature-nicer-page-")
    assert released.get(f"{url}/changed.txt").text == "a preview"
    assert live_resource(released) == before
    assert released.get(f"{SITE_URL}/api/access").json()["error"]["code"] == "signed_out"
    assert released.service(UNUSED_BY_THE_PAGE).latest is tasks


def test_functions_that_are_not_there_are_named(released: Released) -> None:
    config = released.tree / "web" / "firebase.json"
    config.write_text(config.read_text().replace('"serviceId": "log-payload"', '"serviceId": "log-nothing"'))
    page_is_built(released.tree)
    ended = released.run("release.sh", "--deployed")
    assert ended.returncode == 1
    assert "leads to log-nothing in us-central1: not deployed there" in ended.stderr


def test_nothing_is_written_over_somebody_elses_and_each_is_named(released: Released) -> None:
    plant_over(released)
    ended = released.run("release.sh")
    assert (ended.returncode, released.plane.state.log.writes()) == (1, [])
    assert f": function/sign-in, service/watch-call, site/{PROJECT_ID}. Nothing was changed." in ended.stderr
    assert f"--adopt function/sign-in --adopt site/{PROJECT_ID}" in ended.stderr


@pytest.mark.parametrize("name", ["live", "release", "///"])
def test_a_preview_cannot_have_the_name_of_what_people_get(released: Released, name: str) -> None:
    ended = released.run("release.sh", "--deployed", "--channel", name)
    assert ended.returncode == 1
    assert "Choose another --channel" in ended.stderr
    assert released.plane.state.part(Sites)[PROJECT_ID].channels.keys() == {"live", "release"}


def test_what_it_was_made_from_can_be_read_on_the_site(released: Released) -> None:
    said = released.get(f"{SITE_URL}/release.json").json()
    labels = {name: released.service(name).labels["voicemint-source"] for name in said["functions"]}
    assert labels == said["functions"]
    command = ["python3", "scripts/common/fingerprint.py"]
    environment = {**released.cloud.environment, "REGION": "us-central1"}
    buckets = {"BUCKET": f"{PROJECT_ID}-voicemint-payloads", "CONTROL_BUCKET": f"{PROJECT_ID}-voicemint-control"}
    told = subprocess.run(command, cwd=released.tree, env={**environment, **buckets}, capture_output=True, check=True)
    assert json.loads(told.stdout) == said


def test_the_firebase_cli_is_pinned_once() -> None:
    pins = [str(file.relative_to(ROOT)) for file in ROOT.glob("*/**/package.json") if is_pin(file)]
    assert pins == ["infra/firebase/package.json"]


def is_pin(file: object) -> bool:
    text = str(file)
    return "node_modules" not in text and "firebase-tools" in (ROOT / text).read_text()
