"""scripts/trigger.sh: a plan first, then a trigger, and a session that can do what one guest can."""

import re
import shlex

import pytest
from standins.google.control_plane.apis.cloudbuild import Triggers
from standins.google.control_plane.apis.secretmanager import secrets_of

from ..google import needs_gcloud
from .provisioned import NAMES, PROJECT_ID
from .released import SESSION_SECRET, SITE_SAID, SITE_URL, Released, another_site

pytestmark = [needs_gcloud, pytest.mark.timeout(900)]
CONNECTED = ("--connection=github", "--repository=voicemint")
SECRET = f"projects/{PROJECT_ID}/secrets/{SESSION_SECRET}"


def session(released: Released) -> str:
    return secrets_of(released.plane.state, PROJECT_ID).get(SESSION_SECRET).version("latest").access().decode()


def test_the_plan_changes_nothing(released: Released) -> None:
    ended = released.run("trigger.sh", *CONNECTED, "--dry-run")
    assert ended.returncode == 0, ended.stderr
    commands = [shlex.split(line) for line in ended.stdout.splitlines() if not line.startswith("#")]
    assert [command[:4] for command in commands][-1] == ["gcloud", "builds", "triggers", "create"]
    assert all(f"--project={PROJECT_ID}" in command for command in commands)
    assert released.plane.state.log.writes() == []


@pytest.mark.parametrize("said", SITE_SAID)
def test_builds_are_told_the_projects_site_whatever_that_is_called(released: Released, said: str) -> None:
    site, environment = another_site(released, said)
    ended = released.run("trigger.sh", *CONNECTED, "--dry-run", **environment)
    assert ended.returncode == 0, ended.stderr
    assert f"_SITE={site.site_id},_SITE_URL=https://{site.site_id}.web.app" in ended.stdout


def test_who_says_no_has_changed_nothing(released: Released) -> None:
    ended = released.run("trigger.sh", *CONNECTED, stdin="\n")
    assert (ended.returncode, released.plane.state.log.writes()) == (1, [])


def test_a_build_runs_as_the_deployer_and_reads_one_secret(after_build: Released) -> None:
    [trigger] = after_build.plane.state.part(Triggers).values()
    assert trigger["serviceAccount"].endswith(f"/deployer@{PROJECT_ID}.iam.gserviceaccount.com")
    assert trigger["filename"] == "cloudbuild.yaml"
    assert trigger["repositoryEventConfig"]["push"]["branch"] == "^main$"
    for variable, image in (("_IMAGE", "google-cloud-cli"), ("_DOCKER", "docker")):
        assert re.fullmatch(rf"[a-z./-]+/{image}@sha256:[0-9a-f]{{64}}", trigger["substitutions"][variable])
    deployer = f"serviceAccount:{NAMES.email('deployer')}"
    readers = {
        resource
        for resource in after_build.plane.state.policies
        if ("roles/secretmanager.secretAccessor", deployer, None)
        in after_build.plane.state.policies.bindings_of(resource)
    }
    assert readers == {SECRET}
    session_secret = secrets_of(after_build.plane.state, PROJECT_ID).get(SESSION_SECRET)
    assert session_secret.fields["labels"] == {"managed-by": "voicemint"}  # by which a teardown knows it


def test_again_it_has_nothing_to_do_and_another_branch_is_another_trigger(after_build: Released) -> None:
    assert after_build.run("trigger.sh", *CONNECTED, "--yes").returncode == 0
    assert after_build.plane.state.log.writes() == []
    ended = after_build.run("trigger.sh", *CONNECTED, "--branch=^(main|next)$", "--previews", "--yes")
    assert ended.returncode == 0, ended.stderr
    [trigger] = after_build.plane.state.part(Triggers).values()
    assert trigger["repositoryEventConfig"]["push"]["branch"] == "^(main|next)$"
    assert [entry.method for entry in after_build.plane.state.log.writes()] == ["DELETE", "POST"]


def test_the_session_is_a_guest_s_and_is_renewed_without_a_second_one_left(after_build: Released) -> None:
    before = session(after_build)
    ended = after_build.run("trigger.sh", "--renew-session")
    assert ended.returncode == 0, ended.stderr
    assert session(after_build) != before
    me = after_build.get(f"{SITE_URL}/api/access", cookies={"__session": session(after_build)})
    assert me.json()["name"].startswith("Release check")
    states = [version.state for version in secrets_of(after_build.plane.state, PROJECT_ID).get(SESSION_SECRET).versions]
    assert states == ["DESTROYED", "ENABLED"]
    assert session(after_build) not in ended.stdout + ended.stderr


def test_a_session_whose_newest_version_is_disabled_is_made_anew(after_build: Released) -> None:
    """Builds read the newest version, so that an older one does not help them."""
    secret = secrets_of(after_build.plane.state, PROJECT_ID).get(SESSION_SECRET)
    secret.add_version(b"leaked", None).change("DISABLED", None)
    ended = after_build.run("trigger.sh", *CONNECTED, "--yes")
    assert ended.returncode == 0, ended.stderr
    assert [version.state for version in secret.versions] == ["DESTROYED", "DESTROYED", "ENABLED"]


def test_it_can_be_taken_away(after_build: Released) -> None:
    ended = after_build.run("trigger.sh", "--delete", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert after_build.plane.state.part(Triggers) == {}
    assert after_build.run("trigger.sh", "--delete", "--yes").stderr.endswith("The trigger is as it should be.\n")


def test_without_a_connection_it_says_the_one_step_in_the_console(released: Released) -> None:
    ended = released.run("trigger.sh")
    assert ended.returncode == 2
    assert "https://console.cloud.google.com/cloud-build/repositories" in ended.stderr


def test_another_branch_is_built_only_in_a_project_for_previews(released: Released) -> None:
    """Whoever can push to it could have the keys and transcripts."""
    ended = released.run("trigger.sh", *CONNECTED, "--branch=.*", "--yes")
    assert ended.returncode == 2
    assert "Use a project of its own for previews (PROJECT_ENV), and say --previews there" in ended.stderr
    assert released.plane.state.log.writes() == []
