"""The pure parts of provisioning: the plan, what Google's refusals mean, what is remembered, how patience ends."""

import shutil
from pathlib import Path

import pytest
from common.console import CommandFailed
from common.failures import look_up
from common.gcloud import Gcloud, GcloudFailed
from common.names import read_names, remember
from common.retry import TRIES, Backoff, FreshRoles, Refused, patiently
from provision.deployment import Deployment
from provision.desired import Binding, Desired, Grant, Resource, read_desired
from provision.matching import includes
from provision.plan import Bootstrap, Wish
from provision.policies import foreign, surplus
from provision.reality import Identity, Reality
from provision.steps import Plan
from provision.teardown_plan import Teardown
from release.project import released_project

ROOT = Path(__file__).parents[2]
PROJECT_ID = "some-project"
IDENTITY = Identity(number="123456789012", name="Some", state="ACTIVE", billing_account="012345-678901-ABCDEF")


@pytest.fixture
def project_env(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "infra" / "project.env", tmp_path))


@pytest.fixture
def desired(project_env: Path) -> Desired:
    return read_desired(ROOT, read_names({}, project_env, PROJECT_ID))


def plan_for(desired: Desired, reality: Reality, **wish: str) -> Plan:
    deployment = Deployment(functions=desired.functions if not reality.run_services else ())
    return Bootstrap(Gcloud(PROJECT_ID), desired, reality, deployment, Wish(**wish)).plan()


def test_a_step_stands_after_all_that_it_needs(desired: Desired) -> None:
    done: set[str] = set()
    for step in plan_for(desired, Reality(identity=IDENTITY), guest="Ana").steps:
        assert set(step.needs) <= done
        assert not done & {step.id, *step.provides}
        done |= {step.id, *step.provides}


def test_an_empty_project_needs_every_line_of_infra(desired: Desired) -> None:
    ids = {step.id.partition("/")[0] for step in plan_for(desired, Reality(identity=IDENTITY), guest="Ana").steps}
    assert ids == {
        "configuration", "services", "account", "repository", "bucket", "control", "secret", "version", "queue",
        "binding", "functions", "firebase", "site", "budget", "dashboard", "alert", "invite",
    } | ids & {"release"}  # fmt: skip
    bindings = [step for step in plan_for(desired, Reality(identity=IDENTITY)).steps if step.id.startswith("binding/")]
    assert len(bindings) == len(desired.bindings)


def test_every_gcloud_line_names_the_project_and_no_secret_is_in_one(desired: Desired) -> None:
    for step in plan_for(desired, Reality(identity=IDENTITY)).steps:
        for action in step.actions:
            if action.command[0] == "gcloud" and action.command[1] != "config":
                assert f"--project={PROJECT_ID}" in action.command
            assert not (action.secret and action.text)


def test_what_others_were_given_is_left_alone(desired: Desired) -> None:
    theirs = Grant("user:somebody@example.com", "roles/owner")
    ours = Grant(f"serviceAccount:{desired.names.email('sign-in')}", "roles/owner")
    public = Grant("allUsers", "roles/storage.objectViewer")
    bucket = Resource("bucket", desired.names.bucket)
    policies = {Resource("project"): frozenset({theirs, ours}), bucket: frozenset({theirs, public})}
    assert set(surplus(desired, policies)) == {Binding(ours, Resource("project")), Binding(public, bucket)}


def test_google_gives_viewers_of_the_project_every_new_bucket_and_they_lose_it(desired: Desired) -> None:
    project, bucket = desired.names.project_id, Resource("bucket", desired.names.bucket)
    kinds = {"Viewer": "ObjectReader", "Editor": "ObjectOwner", "Owner": "ObjectOwner"}
    given = {kind: Grant(f"project{kind}:{project}", f"roles/storage.legacy{role}") for kind, role in kinds.items()}
    another = Grant("projectViewer:another-project", "roles/storage.objectViewer")
    policies = {bucket: frozenset({*given.values(), another})}
    assert surplus(desired, policies) == [Binding(given["Viewer"], bucket)]
    assert foreign(desired, policies) == [Binding(another, bucket)]


def test_who_else_may_read_is_told_and_nothing_is_planned_about_it(desired: Desired) -> None:
    project, key = Resource("project"), Resource("secret", "openai-api-key")
    reader, public = (
        Grant("user:x@example.com", "roles/secretmanager.secretAccessor"),
        Grant("allUsers", "roles/viewer"),
    )
    harmless = Grant("user:x@example.com", "roles/viewer")
    gone = Grant("deleted:serviceAccount:a@b?uid=1", "roles/storage.admin")
    ours = Grant(f"serviceAccount:{desired.names.email('sign-in')}", "roles/storage.admin")
    policies = {project: frozenset({reader, public, harmless, gone, ours}), key: frozenset({reader, gone})}
    assert foreign(desired, policies) == [Binding(public, project), Binding(reader, project), Binding(reader, key)]
    assert surplus(desired, policies) == [Binding(ours, project)]


def test_a_private_service_that_checks_no_invoker_is_closed(desired: Desired) -> None:
    annotations, labels = {"run.googleapis.com/invoker-iam-disabled": "true"}, {"voicemint-source": "any"}
    unchecked = {"metadata": {"annotations": annotations, "labels": labels}}
    reality = Reality(identity=IDENTITY, run_services=dict.fromkeys([*desired.functions, "another"], unchecked))
    (step,) = [step for step in plan_for(desired, reality).steps if step.id.startswith("closed/")]
    (action,) = step.actions
    assert action.command[:5] == ("gcloud", "run", "services", "update", "watch-call")
    assert "--invoker-iam-check" in action.command


def test_a_public_service_that_checks_no_invoker_needs_no_binding(desired: Desired) -> None:
    annotations, labels = {"run.googleapis.com/invoker-iam-disabled": "true"}, {"voicemint-source": "any"}
    unchecked = {"metadata": {"annotations": annotations, "labels": labels}}
    reality = Reality(identity=IDENTITY, run_services=dict.fromkeys(desired.functions, unchecked))
    assert [step.id for step in plan_for(desired, reality).steps if step.id.startswith("binding/allUsers/")] == []


def test_nothing_is_torn_down_that_carries_no_mark(desired: Desired) -> None:
    thing = {"name": "x", "displayName": "Voicemint", "labels": {"managed-by": "somebody"}, "description": "mine"}
    reality = Reality(
        identity=IDENTITY,
        accounts={desired.names.email("sign-in"): thing},
        buckets={desired.names.bucket: thing},
        repositories={"voicemint": thing},
        secrets={"openai-api-key": thing},
        functions={"sign-in": thing},
        dashboards=(thing,),
        alerts=(thing,),
    )
    assert Teardown(Gcloud(PROJECT_ID), desired, reality, delete_data=True).plan().steps == ()


@pytest.mark.parametrize(
    ("text", "id_", "kind"),
    [
        ("ERROR: HTTPError 409: The requested bucket name is not available.", "bucket-name-taken", "stop"),
        ("ALREADY_EXISTS: Resource 'voicemint' already exists.", "exists", "exists"),
        ("FAILED_PRECONDITION: SecretVersion.state is already DESTROYED.", "destroyed", "gone"),
        ("FAILED_PRECONDITION: Secret Version [projects/1/secrets/s/versions/2] is in DISABLED state.", "version-off",
         "stop"),
        ("ABORTED: There were concurrent policy changes. Please retry", "changed-meanwhile", "wait"),
        ("INVALID_ARGUMENT: Service account a@b.iam.gserviceaccount.com does not exist.", "not-there-yet", "wait"),
        ("PERMISSION_DENIED: Cloud Tasks API has not been used in project 1 before", "service-disabled", "wait"),
        ("RESOURCE_EXHAUSTED: Quota exceeded for quota metric", "too-many-requests", "wait"),
        ("HTTPError 503: backendError", "unavailable", "wait"),
        ("FAILED_PRECONDITION: Billing account for project '1' is not found.", "billing-off", "stop"),
        ("One or more users named in the policy do not belong to a permitted customer.", "org-policy", "stop"),
        ("You do not have permission to access projects instance [p]: Not found", "no-permission", "stop"),
        ("There was a problem refreshing your current auth tokens: invalid_grant", "not-signed-in", "stop"),
        ('HTTPError 403: {"detail": "[ORIGINAL ERROR] generic::permission_denied: Firebase Tos Not Accepted"}',
         "firebase-terms", "stop"),
        ("PERMISSION_DENIED: Callers must accept Terms of Service", "cloud-terms", "stop"),
        ("PERMISSION_DENIED: Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: x",
         "perimeter", "stop"),
        ("HTTPError 403: Object 'voicemint/control.json' is subject to bucket's retention policy or object retention "
         "and cannot be deleted or overwritten until 2027-01-01T00:00:00Z", "retention", "stop"),
        ("FAILED_PRECONDITION: failed precondition: due to quota restrictions, cannot run builds in this region. "
         "Please contact support", "no-build-region", "stop"),
        ("FAILED_PRECONDITION: Constraint constraints/gcp.resourceLocations violated for [orgpolicy:projects/1] "
         "attempting to create a secret in [global].", "forbidden-location", "stop"),
        ("HTTPError 412: 'us-central1' violates constraint 'constraints/gcp.resourceLocations'", "forbidden-location",
         "stop"),
        ("PERMISSION_DENIED: builder@p.iam.gserviceaccount.com does not have storage.objects.get access to the Google "
         "Cloud Storage object.", "build-account", "stop"),
        ("PERMISSION_DENIED: Request had insufficient authentication scopes. ACCESS_TOKEN_SCOPE_INSUFFICIENT",
         "not-signed-in", "stop"),
        ("Quota exceeded for total allowable CPU per project per region.", "quota", "stop"),
        ("PERMISSION_DENIED: Project 'projects/1' not found or has been deleted. CONSUMER_INVALID", "project-deleted",
         "stop"),
        ("something that nobody has seen before", "unknown", "stop"),
    ],
    ids=lambda value: value if " " not in value else "",
)  # fmt: skip
def test_googles_words_are_understood(text: str, id_: str, kind: str) -> None:
    failure = look_up(text, PROJECT_ID)
    assert (failure.id, failure.kind) == (id_, kind)
    assert "{" not in failure.fix


REFUSED = ["ERROR: PERMISSION_DENIED: Permission 'secretmanager.secrets.create' denied"]
PERMANENT = (
    "HTTPError 403: PERMISSION_DENIED: Firebase Tos Not Accepted",
    "PERMISSION_DENIED: vpcServiceControlsUniqueIdentifier",
    "HTTPError 403: retentionPolicyNotMet",
    "FAILED_PRECONDITION: cannot run builds in this region",
    "HTTPError 412: constraints/gcp.resourceLocations",
    "something that nobody has seen before",
)


@pytest.mark.parametrize("words", PERMANENT)
def test_nobody_is_told_to_repeat_what_is_permanent_or_to_ask_for_a_role(words: str) -> None:
    failure = look_up(f"ERROR: (gcloud.some.command) {words}", PROJECT_ID)
    assert "roles/owner" not in failure.fix
    assert not failure.fix.startswith("Run this again")
    assert "then run this again" not in failure.fix


def test_what_a_fresh_role_is_needed_for_is_tried_again_within_one_limit(capsys: pytest.CaptureFixture[str]) -> None:
    slept: list[float] = []
    backoff = Backoff(sleep=slept.append)
    fresh = FreshRoles(backoff)
    tries = iter([*REFUSED * 3, "done"])

    def ask() -> str:
        if (told := next(tries)) != "done":
            raise GcloudFailed("gcloud secrets create x", told)
        return told

    assert patiently(ask, PROJECT_ID, backoff, fresh=fresh) == "done"
    assert slept == [10, 20, 30]
    assert "again in 30 s, 2 times more at most" in capsys.readouterr().err
    tries = iter(REFUSED * 4)
    with pytest.raises(Refused, match="roles/owner"):
        patiently(ask, PROJECT_ID, backoff, fresh=fresh)
    assert slept == [10, 20, 30, 30, 30]


def test_the_fix_names_the_api_that_is_off() -> None:
    text = "PERMISSION_DENIED: off\n- reason: SERVICE_DISABLED\n  metadata:\n    service: run.googleapis.com"
    assert look_up(text, PROJECT_ID).fix == f"gcloud services enable run.googleapis.com --project={PROJECT_ID}"


def test_patience_is_bounded_and_seen(capsys: pytest.CaptureFixture[str]) -> None:
    waited: list[float] = []

    def ask() -> str:
        raise GcloudFailed("gcloud any", "HTTPError 503")

    with pytest.raises(Refused, match="did not answer"):
        patiently(ask, PROJECT_ID, Backoff(sleep=waited.append))
    assert waited == [2, 4, 8, 16, 30, 30, 30]
    assert f"try {TRIES} of {TRIES} in 30 s" in capsys.readouterr().err


def test_what_is_there_by_a_lost_answer_is_worth_another_try_where_that_is_said() -> None:
    answers = iter([GcloudFailed("scripts/deploy.sh sign-in", "Resource 'sign-in' already exists"), "deployed"])

    def ask() -> str:
        answer = next(answers)
        if isinstance(answer, GcloudFailed):
            raise answer
        return answer

    at_once = Backoff(sleep=lambda _seconds: None)
    assert patiently(ask, PROJECT_ID, at_once, again=frozenset({"wait", "exists"})) == "deployed"


def test_what_no_patience_helps_is_said_at_once() -> None:
    def ask() -> str:
        raise GcloudFailed("gcloud any", "PERMISSION_DENIED")

    with pytest.raises(Refused, match="may not do it"):
        patiently(ask, PROJECT_ID, Backoff(sleep=lambda _seconds: pytest.fail("waited")))


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        ({"a": 1, "more": 2}, {"a": 1}, True),
        ({"a": "20"}, {"a": 20}, True),
        ({}, {"duration": 0}, True),
        ({}, {"a": {"b": 1}}, False),
        ({"a": [{"b": 1, "name": "x"}]}, {"a": [{"b": 1}]}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": True}, {"a": "1"}, False),
    ],
)
def test_google_may_add_to_an_answer_but_not_change_it(found: object, wanted: object, same: bool) -> None:
    assert includes(found, wanted) is same


def test_what_is_confirmed_is_remembered_and_the_rest_of_the_file_stays(project_env: Path) -> None:
    before = project_env.read_text().splitlines()
    remember(project_env, {"PROJECT_ID": PROJECT_ID, "PROJECT_NUMBER": "123456789012"})
    names = read_names({}, project_env)
    assert (names.project_id, names.project_number) == (PROJECT_ID, "123456789012")
    left = project_env.read_text().splitlines()
    assert [line for line in before if line not in left] == ["PROJECT_ID="]
    assert [file.name for file in project_env.parent.iterdir()] == ["project.env"]


@pytest.mark.parametrize(
    ("environ", "project_id", "expected"),
    [
        ({}, None, "No project is named"),
        ({"PROJECT_ID": "My Project"}, None, "'My Project'"),
        ({}, "123456789012", "gcloud projects list"),
        ({"PROJECT_ID": PROJECT_ID, "REGION": "moon"}, None, "REGION is 'moon', which is not one of Google's"),
        (
            {"PROJECT_ID": PROJECT_ID, "SITE": "mine.web.app", "REGION": "us-central1"},
            None,
            "SITE is 'mine.web.app', which is not the id of",
        ),
    ],
)
def test_a_project_has_to_be_named(
    project_env: Path, environ: dict[str, str], project_id: str | None, expected: str
) -> None:
    with pytest.raises(CommandFailed, match=expected):
        read_names(environ, project_env, project_id)


def test_another_project_than_the_remembered_one_is_refused(project_env: Path) -> None:
    remember(project_env, {"PROJECT_ID": PROJECT_ID, "PROJECT_NUMBER": "123456789012"})
    with pytest.raises(CommandFailed, match="PROJECT_ENV"):
        read_names({}, project_env, "another-project")


def test_a_release_is_of_the_project_that_project_env_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.env"
    other.write_text("PROJECT_ID=another-project\nREGION=us-central1\nSITE_URL=https://voice.example\n")
    monkeypatch.delenv("PROJECT_ID", raising=False)
    monkeypatch.setenv("PROJECT_ENV", str(other))
    names = released_project().names
    assert (names.project_id, names.site_url) == ("another-project", "https://voice.example")
