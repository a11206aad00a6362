"""scripts/doctor.sh with the real gcloud, on a local Google. What it makes of answers: test_doctor_judgements.py."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import yaml
from provision.doctor.permissions import NEEDED
from provision.reality import INVOKER_UNCHECKED
from standins import openai as openai_realtime
from standins.google.control_plane.apis.cloudfunctions import Functions
from standins.google.control_plane.apis.monitoring import Resources
from standins.google.control_plane.apis.secretmanager import secrets_of
from standins.google.control_plane.apis.storage import store_of
from standins.google.control_plane.serving.plane import ControlPlane
from standins.google.control_plane.state.hosting_sites import Sites
from standins.google.control_plane.state.run_services import Services
from standins.google.control_plane.state.state import Snapshot, State
from standins.openai.knobs import Knobs
from standins.serving import ServerThread
from voicemint.agents.agent import DEFAULT_AGENT
from voicemint.agents.files import load_agents

from ..functions.phone_calls import write_phone_agent
from ..google import assert_known_to_google, needs_gcloud
from .healthy import BILLING_ACCOUNT, DESIRED, PLACE, make_healthy, site
from .provisioned import NAMES, NUMBER, PROJECT_ID, REGION, ROOT, Cloud, Ended

DOCTOR = ROOT / "scripts" / "doctor.sh"
CANARY = "sk-canary-0123456789abcdefghij"
NEW_PROJECT, TAKEN_PROJECT = "new-in-a-test", "taken-in-a-test"
pytestmark = needs_gcloud
Findings = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Doctor:
    cloud: Cloud
    healthy: Snapshot
    openai_url: str
    project_env: Path

    @property
    def plane(self) -> ControlPlane:
        return self.cloud.plane

    def run(self, *arguments: str, project: str = PROJECT_ID, **environment: str) -> Ended:
        """The real script. It must write nothing, and show no key."""
        told = {"PROJECT_ENV": str(self.project_env), "PROJECT_ID": project}
        ended = self.cloud.run(DOCTOR, *arguments, environment={**told, **environment})
        assert [(entry.method, entry.path) for entry in self.plane.state.log.writes()] == []
        assert CANARY not in ended.stdout + ended.stderr
        return ended

    def look(self, project: str = PROJECT_ID, **environment: str) -> tuple[int, Findings]:
        """Its exit code, and its findings by id."""
        ended = self.run("--json", project=project, **environment)
        assert ended.stdout, ended.stderr
        report = json.loads(ended.stdout)
        assert report["schema"] == 1
        assert report["project_id"] == project
        return ended.returncode, {finding["id"]: finding for finding in report["findings"]}

    def store(self, secret: str, value: str) -> None:
        secrets_of(self.plane.state, PROJECT_ID).get(secret).add_version(value.encode(), None)


@pytest.fixture(scope="module")
def module_doctor(servers: ServerThread, warm_path: str, tmp_path_factory: pytest.TempPathFactory) -> Doctor:
    folder, plane = tmp_path_factory.mktemp("doctor"), ControlPlane(State())
    make_healthy(plane.state)
    plane.state.add_project(NEW_PROJECT, number="210987654321", billing_account=BILLING_ACCOUNT)
    openai_url = servers.serve(openai_realtime.create_app())
    plane.pass_through["api.openai.com"] = openai_url
    plane.pass_through[f"{PROJECT_ID}.web.app"] = servers.serve(site())
    proxy = servers.enter(plane.serving(folder / "google"))
    project_env = folder / "project.env"
    project_env.write_text(f"REGION=us-central1\nPROJECT_NUMBER={NUMBER}\nBILLING_ACCOUNT={BILLING_ACCOUNT}\n")
    return Doctor(Cloud(plane, proxy, warm_path), plane.state.snapshot(), openai_url, project_env)


@pytest.fixture
def doctor(module_doctor: Doctor) -> Iterator[Doctor]:
    """A healthy project, and another with nothing in it. Nothing that Google does not have may be asked."""
    module_doctor.plane.state.restore(module_doctor.healthy)
    yield module_doctor
    assert_known_to_google(module_doctor.plane.state)
    requests.delete(f"{module_doctor.openai_url}/_standin/faults", timeout=5).raise_for_status()


def test_on_a_healthy_project_all_is_well_and_every_part_is_named(doctor: Doctor) -> None:
    code, findings = doctor.look()
    assert [(name, finding["fix"]) for name, finding in findings.items() if finding["status"] != "ok"] == []
    assert code == 0
    assert set(findings) >= {
        "gcloud", "sign-in", "clock", "project", "project-pin", "billing", "permissions", "services", "organization",
        "build-account", "runtimes", "openai-key", "openai", "model:gpt-realtime-2.1", "signing-key", "accounts",
        "storage", "secrets", "queues", "bindings", "readers", "hosting", "monitoring", "page", "rewrite:/api/access",
        *(f"function:{name}" for name in DESIRED.functions), *(f"bucket:{bucket.name}" for bucket in DESIRED.buckets),
    }  # fmt: skip
    assert [name for name in findings if name.startswith("telephone")] == []  # no agent has one


def test_the_day_before_it_says_what_a_bootstrap_will_make(doctor: Doctor) -> None:
    doctor.plane.pass_through[f"{NEW_PROJECT}.web.app"] = f"{doctor.openai_url}/nothing"
    ended = doctor.run(project=NEW_PROJECT, PROJECT_ENV=str(ROOT / "infra" / "project.env"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "PROBLEM" not in ended.stdout
    assert f"What is marked `later`, the bootstrap makes: scripts/bootstrap.sh --project {NEW_PROJECT}" in ended.stderr
    for later in (
        "Google APIs",
        f"The bucket {NEW_PROJECT}-voicemint-control",
        "Service accounts",
        "The function sign-in",
    ):
        assert any(line.startswith("later") and later in line for line in ended.stdout.splitlines()), later


def test_each_thing_that_is_wrong_is_named_with_its_fix(doctor: Doctor) -> None:
    """Many at once: they do not depend on each other."""
    state = doctor.plane.state
    doctor.store("openai-api-key", f"{CANARY}\n")
    doctor.store("signing-key", "not a signing key")
    state.rules.org_policies["iam.allowedPolicyMemberDomains"] = {"rules": [{"values": {"allowedValues": ["C0123"]}}]}
    state.rules.denied_permissions.add("artifactregistry.repositories.setIamPolicy")
    state.policies.of(f"{PLACE}/repositories/voicemint").bindings.clear()
    state.policies.grant(f"projects/{PROJECT_ID}", "roles/owner", f"serviceAccount:{NAMES.email('mint-client-secret')}")
    state.policies.of(f"{PLACE}/services/sign-in").bindings.clear()
    state.part(Functions).pop(f"{PLACE}/functions/log-payload")
    state.part(Functions)[f"{PLACE}/functions/sign-in"].said["labels"] = {"voicemint-source": "another"}
    state.part(Functions)[f"{PLACE}/functions/mint-client-secret"].failed = "the container did not start"
    state.part(Resources).clear()
    payloads = store_of(state).bucket(NAMES.bucket)
    payloads.change({**payloads.record().attributes, "lifecycle": {"rule": []}})
    state.part(Services)[(PROJECT_ID, REGION, "watch-call")].annotations[INVOKER_UNCHECKED] = "true"
    for resource, role, member in (
        (f"projects/{PROJECT_ID}", "roles/viewer", "allUsers"),
        (f"projects/{PROJECT_ID}", "roles/storage.objectViewer", "user:curious@example.com"),
        (f"b/{NAMES.bucket}", "roles/storage.objectViewer", "group:team@example.com"),
        (f"b/{NAMES.bucket}", "roles/storage.legacyObjectReader", f"projectViewer:{PROJECT_ID}"),
        (f"projects/{PROJECT_ID}/secrets/openai-api-key", "roles/secretmanager.viewer", "user:curious@example.com"),
    ):
        state.policies.grant(resource, role, member)
    del state.project(PROJECT_ID).services["cloudbuild.googleapis.com"]
    code, findings = doctor.look()
    assert code == 1
    expected = {
        "services": ("problem", "1 of", "gcloud services enable cloudbuild.googleapis.com"),
        "openai-key": ("problem", "it ends with a newline", "scripts/rotate-key.sh openai"),
        "signing-key": ("problem", "is not one", "gcloud secrets versions add signing-key"),
        "organization:public": ("warning", "forbids allUsers", "https://console.cloud.google.com/iam-admin/orgpolicies"),
        "permission:artifactregistry.repositories.setIamPolicy":
            ("problem", "may not artifactreg", "--member=user:owner@example.com --role=roles/artifactregistry.admin"),
        "bindings:binding/builder/artifactregistry.writer/repository/voicemint":
            ("problem", "builder", "/repositories/voicemint:setIamPolicy"),
        "bindings:surplus/mint-client-secret/owner/project":
            ("warning", "roles/owner", f"gcloud projects remove-iam-policy-binding {PROJECT_ID}"),
        "bindings:binding/allUsers/run.invoker/service/sign-in":
            ("problem", "sign-in", "gcloud run services add-iam-policy-binding sign-in"),
        "bindings:closed/watch-call": ("problem", "watch-call", "gcloud run services update watch-call"),
        f"bindings:surplus/projectViewer:{PROJECT_ID}/storage.legacyObjectReader/bucket/{NAMES.bucket}":
            ("warning", "legacyObjectReader", f"gcloud storage buckets remove-iam-policy-binding gs://{NAMES.bucket}"),
        "readers:allUsers/roles/viewer/project":
            ("problem", "the whole project", "--member=allUsers --role=roles/viewer --all"),
        "readers:user:curious@example.com/roles/storage.objectViewer/project":
            ("warning", "user:curious@example.com", f"gcloud projects remove-iam-policy-binding {PROJECT_ID}"),
        f"readers:group:team@example.com/roles/storage.objectViewer/bucket/{NAMES.bucket}":
            ("warning", "group:team@example.com", f"remove-iam-policy-binding gs://{NAMES.bucket}"),
        "readers:user:curious@example.com/roles/secretmanager.viewer/secret/openai-api-key":
            ("warning", "secret/openai-api-key", "gcloud secrets remove-iam-policy-binding openai-api-key"),
        "function:log-payload": ("problem", "missing", f"scripts/deploy.sh --project {PROJECT_ID} log-payload"),
        "function:sign-in": ("warning", "not with the sources", f"scripts/deploy.sh --project {PROJECT_ID} sign-in"),
        "function:mint-client-secret": ("problem", "FAILED", "scripts/deploy.sh"),
        "monitoring:dashboard": ("warning", "dashboard", "gcloud monitoring dashboards create"),
        "monitoring:alert/mint-errors": ("warning", "alert", "gcloud alpha monitoring policies create"),
        f"storage:bucket/{NAMES.bucket}": ("problem", "lifecycle", f"gcloud storage buckets update gs://{NAMES.bucket}"),
    }  # fmt: skip
    for name, (status, title, fix) in expected.items():
        assert name in findings, [key for key in findings if key.split(":")[0] == name.split(":")[0]]
        assert findings[name]["status"] == status, findings[name]
        assert title in findings[name]["title"]
        assert fix in findings[name]["fix"]
    assert all(finding["fix"] for finding in findings.values() if finding["status"] != "ok")


def test_a_key_that_openai_refuses(doctor: Doctor) -> None:
    fault = {"path": "models", "fault": "invalid_api_key", "times": None}
    requests.post(f"{doctor.openai_url}/_standin/faults", json=fault, timeout=5).raise_for_status()
    doctor.store("openai-api-key", CANARY)
    code, findings = doctor.look()
    assert code == 1
    assert findings["openai"]["title"] == "OpenAI does not accept the key"
    assert findings["openai"]["fix"] == "scripts/rotate-key.sh openai"
    assert findings["secrets:superseded/openai-api-key/1"]["status"] == "warning"


@pytest.mark.parametrize("state", ["DISABLED", "DESTROYED"])
def test_secrets_whose_newest_version_nobody_can_read(doctor: Doctor, tmp_path: Path, state: str) -> None:
    for secret in ("openai-api-key", "openai-webhook-secret", "signing-key"):
        secrets_of(doctor.plane.state, PROJECT_ID).get(secret).add_version(b"leaked", None).change(state, None)
    code, findings = doctor.look(AGENTS_FOLDER=str(write_phone_agent(tmp_path)))
    assert code == 1
    for name, secret, fix in (
        ("openai-key", "openai-api-key", "scripts/rotate-key.sh openai"),
        ("signing-key", "signing-key", f"scripts/bootstrap.sh --project {PROJECT_ID}"),
        ("telephone:secret", "openai-webhook-secret", f"PROJECT_ID={PROJECT_ID} scripts/phone.sh"),
    ):
        finding = findings[name]
        title = f"The secret {secret} cannot be read: version 2 of {secret}, its newest, is {state.lower()}"
        assert (finding["status"], finding["title"]) == ("problem", title)
        assert finding["fix"].startswith(fix)
        assert ("gcloud secrets versions enable 2" in finding["fix"]) == (state == "DISABLED")


def test_a_site_of_another_name_is_the_one_that_is_looked_at(doctor: Doctor) -> None:
    sites, project = doctor.plane.state.part(Sites), doctor.plane.state.project(PROJECT_ID)
    sites.clear()
    sites.add_default(project, {PROJECT_ID})
    [site_id] = sites
    theirs = doctor.plane.pass_through.pop(f"{PROJECT_ID}.web.app")
    try:
        doctor.plane.pass_through[f"{site_id}.web.app"] = theirs
        code, findings = doctor.look()
    finally:
        del doctor.plane.pass_through[f"{site_id}.web.app"]
        doctor.plane.pass_through[f"{PROJECT_ID}.web.app"] = theirs
    assert code == 0
    assert findings["page"]["title"] == f"The page at https://{site_id}.web.app answers, and is current"
    assert findings["rewrite:/api/access"]["status"] == "ok"
    assert f"{PROJECT_ID}.web.app" not in {entry.host for entry in doctor.plane.state.log}


def test_a_telephone_whose_webhook_nobody_registered(doctor: Doctor, tmp_path: Path) -> None:
    """What else may be wrong with it: test_doctor_judgements.py."""
    code, findings = doctor.look(AGENTS_FOLDER=str(write_phone_agent(tmp_path)))
    assert code == 1
    assert findings["telephone:secret"]["status"] == "problem"
    assert "made up" in findings["telephone:secret"]["title"]
    assert findings["telephone:secret"]["fix"] == f"PROJECT_ID={PROJECT_ID} scripts/phone.sh"
    assert findings["telephone:route"]["status"] == "ok"


def test_a_model_that_is_about_to_retire(doctor: Doctor, servers: ServerThread) -> None:
    """And one that has: the two that the agents use."""
    today = datetime.now(UTC).date()
    agent = load_agents()[DEFAULT_AGENT]
    dates = {agent.model: f"{today + timedelta(days=60)}", agent.transcription: f"{today - timedelta(days=1)}"}
    url = servers.serve(openai_realtime.create_app(knobs=Knobs(shutdown_dates=dates)))
    code, findings = doctor.look(OPENAI_BASE_URL=f"{url}/v1")
    assert code == 1
    soon, over = findings[f"model:{agent.model}"], findings[f"model:{agent.transcription}"]
    assert soon["status"] == "warning"
    assert f"is shut down on {dates[agent.model]}, in " in soon["title"]
    assert (over["status"], over["title"]) == (
        "problem",
        f"The model {agent.transcription} was shut down on {dates[agent.transcription]}",
    )
    for finding in (soon, over):
        assert f"Choose another in functions/agents/{DEFAULT_AGENT}.toml" in finding["fix"]


@pytest.mark.parametrize(("ahead", "status", "code"), [(-120, "warning", 0), (3600, "problem", 1)])
def test_a_clock_that_is_wrong(doctor: Doctor, ahead: float, status: str, code: int) -> None:
    doctor.plane.state.rules.clock_ahead_seconds = ahead
    ended, findings = doctor.look()
    assert (ended, findings["clock"]["status"]) == (code, status)
    assert findings["clock"]["title"].endswith(" s behind" if ahead > 0 else " s ahead")
    assert findings["clock"]["fix"] == "sudo timedatectl set-ntp true"


@pytest.mark.parametrize(("stage", "status"), [("DEPRECATED", "warning"), ("DECOMMISSIONED", "problem")])
def test_a_runtime_that_ends(doctor: Doctor, stage: str, status: str) -> None:
    runtime = yaml.safe_load((ROOT / "infra" / "functions" / "sign-in.yaml").read_text())["--runtime"]
    doctor.plane.state.rules.runtime_stages[runtime] = stage
    _, findings = doctor.look()
    assert findings["runtimes"]["status"] == status
    assert runtime in findings["runtimes"]["title"]
    assert "infra/functions/*.yaml" in findings["runtimes"]["fix"]


def test_a_region_that_is_none(doctor: Doctor) -> None:
    code, findings = doctor.look(REGION="moon-east1")
    assert code == 1
    assert findings["runtimes"]["status"] == "problem"
    assert findings["runtimes"]["title"] == "There are no Cloud Functions in moon-east1"
    assert "REGION in infra/project.env and in web/firebase.json" in findings["runtimes"]["fix"]


def test_what_would_stop_a_bootstrap(doctor: Doctor) -> None:
    """On a new project: billing is off, permissions are missing, and the names of the buckets are taken."""
    state = doctor.plane.state
    state.projects[NEW_PROJECT].billing_account = None
    state.rules.denied_permissions |= {"serviceusage.services.enable", "iam.serviceAccounts.create"}
    state.rules.taken_buckets |= {f"{NEW_PROJECT}-voicemint-payloads"}
    state.rules.org_policies["run.allowedIngress"] = {"rules": [{"values": {"allowedValues": ["internal"]}}]}
    state.rules.org_policies["iam.allowedPolicyMemberDomains"] = {"rules": [{"denyAll": True}]}
    doctor.plane.pass_through[f"{NEW_PROJECT}.web.app"] = f"{doctor.openai_url}/nothing"
    code, findings = doctor.look(project=NEW_PROJECT, PROJECT_ENV=str(ROOT / "infra" / "project.env"))
    assert code == 1
    problems = {name: finding["fix"] for name, finding in findings.items() if finding["status"] == "problem"}
    assert set(problems) == {
        "billing", "services", "permission:serviceusage.services.enable", "permission:iam.serviceAccounts.create",
        f"bucket:{NEW_PROJECT}-voicemint-payloads", "organization:ingress",
    }  # fmt: skip
    assert "--no-invoker-iam-check" in findings["organization:public"]["detail"]
    assert problems["billing"].endswith(f"gcloud billing projects link {NEW_PROJECT} --billing-account=ACCOUNT_ID")
    assert problems["services"].startswith("gcloud services enable artifactregistry.googleapis.com ")
    for permission in ("serviceusage.services.enable", "iam.serviceAccounts.create"):
        assert problems[f"permission:{permission}"].endswith(f"--role={NEEDED[permission]}")
    assert problems[f"bucket:{NEW_PROJECT}-voicemint-payloads"].endswith(f"BUCKET={NEW_PROJECT}-voicemint-payloads-2")


def test_another_project_than_the_confirmed_one_is_a_problem(doctor: Doctor) -> None:
    doctor.project_env.with_name("other.env").write_text("REGION=us-central1\nPROJECT_NUMBER=111111111111\n")
    code, findings = doctor.look(PROJECT_ENV=str(doctor.project_env.with_name("other.env")))
    assert code == 1
    assert findings["project-pin"]["title"] == f"{PROJECT_ID} has number {NUMBER}, not 111111111111"


def test_a_project_that_is_not_there_ends_the_questions(doctor: Doctor) -> None:
    code, findings = doctor.look(project="nobody-has-this-one", PROJECT_ENV=str(ROOT / "infra" / "project.env"))
    assert code == 1
    assert findings["project"]["status"] == "problem"
    assert findings["project"]["fix"] == "gcloud projects list"
    assert list(findings)[-1] == "rest"


def test_somebody_who_may_look_at_little_is_told_what_was_not_checked(doctor: Doctor) -> None:
    doctor.plane.state.rules.denied_permissions |= {
        "secretmanager.versions.access", "billing.resourceAssociations.list", "resourcemanager.projects.getBillingInfo",
        "iam.serviceAccounts.getIamPolicy", "run.services.list", *NEEDED,
    }  # fmt: skip
    _, findings = doctor.look()
    assert findings["openai-key"]["status"] == "unknown"
    assert findings["openai-key"]["fix"].endswith("--role=roles/secretmanager.secretAccessor")
    assert findings["bindings"]["status"] == "unknown"
    assert {name for name in findings if name.startswith("permission:")} == {f"permission:{name}" for name in NEEDED}


def test_application_default_credentials_that_are_wrong(doctor: Doctor) -> None:
    code, findings = doctor.look(GOOGLE_APPLICATION_CREDENTIALS="/no/such/file")
    assert code == 0
    finding = findings["default-credentials"]
    assert (finding["status"], finding["fix"]) == ("warning", "unset GOOGLE_APPLICATION_CREDENTIALS")
    assert "names /no/such/file, which is not there" in finding["title"]


def test_application_default_credentials_that_count_as_another_projects(doctor: Doctor, tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"type": "authorized_user", "quota_project_id": "another"}))
    code, findings = doctor.look(GOOGLE_APPLICATION_CREDENTIALS=str(file))
    assert code == 0
    finding = findings["default-credentials"]
    assert finding["status"] == "warning"
    assert finding["title"] == f"The Application Default Credentials in {file} count as the project another's"
    assert finding["fix"] == f"gcloud auth application-default set-quota-project {PROJECT_ID}"


def test_whom_gcloud_acts_as_is_named(doctor: Doctor) -> None:
    email = NAMES.email("builder")
    _, findings = doctor.look(CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT=email)
    assert findings["sign-in"]["title"] == f"Signed in as owner@example.com, acting as {email}"


def test_who_is_not_signed_in_is_told_how(doctor: Doctor, tmp_path: Path) -> None:
    environment = dict.fromkeys(("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "CLOUDSDK_CORE_ACCOUNT"), "")
    code, findings = doctor.look(**environment, CLOUDSDK_CONFIG=str(tmp_path))
    assert code == 1
    assert findings["sign-in"]["title"] == "gcloud is not signed in"
    assert findings["sign-in"]["fix"] == "gcloud auth login"
    assert list(findings) == ["gcloud", "sign-in", "rest"]


def test_without_a_network_it_says_so_soon(doctor: Doctor) -> None:
    nowhere = "http://127.0.0.1:9"
    proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), nowhere)
    code, findings = doctor.look(**proxies, CLOUDSDK_PROXY_PORT="9")
    assert code == 1
    assert findings["network"]["title"] == "Google cannot be reached from here"
    assert list(findings)[-1] == "rest"


def test_without_gcloud_it_says_where_to_get_it(doctor: Doctor, tmp_path: Path) -> None:
    for program in ("bash", "dirname", "basename", "cat", "cksum", "env", "awk", "grep", "sed"):
        (tmp_path / program).symlink_to(Path("/usr/bin") / program)
    code, findings = doctor.look(PATH=str(tmp_path))
    assert code == 1
    assert findings["gcloud"]["fix"] == "https://cloud.google.com/sdk/docs/install"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--help"], 0, "Usage: scripts/doctor.sh"),
        (["--proj", "x"], 2, "has no option '--proj'"),
        (["--project", "My Project"], 1, "is not a project id"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_the_command_line(arguments: list[str], code: int, words: str) -> None:
    ended = subprocess.run([DOCTOR, *arguments], capture_output=True, text=True, timeout=60)
    assert ended.returncode == code
    assert words in ended.stdout + ended.stderr


def test_a_retention_period_on_the_control_bucket_is_named_with_the_command_that_ends_it(doctor: Doctor) -> None:
    control = store_of(doctor.plane.state).bucket(NAMES.control_bucket)
    before = control.record().attributes
    control.change({**before, "retentionPolicy": {"retentionPeriod": "86400"}})
    code, findings = doctor.look()
    found = findings[f"bucket:{NAMES.control_bucket}"]
    assert (code, found["status"]) == (1, "problem")
    assert "the stop switch cannot be written" in found["title"]
    assert f"buckets update gs://{NAMES.control_bucket} --clear-retention-period" in found["fix"]
    control.change({**before, "retentionPolicy": {"retentionPeriod": "86400", "isLocked": True}})
    _, findings = doctor.look()
    assert "CONTROL_BUCKET=" in findings[f"bucket:{NAMES.control_bucket}"]["fix"]
    assert [name for name, finding in findings.items() if finding["status"] == "problem"] == [
        f"bucket:{NAMES.control_bucket}"
    ]


def test_a_service_perimeter_is_named_and_not_taken_for_a_missing_role(doctor: Doctor) -> None:
    doctor.plane.state.rules.perimeter |= {"secretmanager.googleapis.com"}
    code, findings = doctor.look()
    assert (code, findings["perimeter"]["status"]) == (1, "problem")
    assert "vpcServiceControlsUniqueIdentifier" in findings["perimeter"]["detail"]
    assert "Ask who administers the perimeter" in findings["perimeter"]["fix"]
    assert [name for name, finding in findings.items() if "add-iam-policy-binding" in finding["fix"]] == []


def test_what_cannot_be_asked_the_day_before_is_said(doctor: Doctor) -> None:
    """Terms that only a person accepts, and a region in which new projects may not build."""
    doctor.plane.pass_through[f"{NEW_PROJECT}.web.app"] = f"{doctor.openai_url}/nothing"
    plain = str(ROOT / "infra" / "project.env")
    _, findings = doctor.look(project=NEW_PROJECT, PROJECT_ENV=plain, REGION="europe-west3")
    assert "https://console.firebase.google.com" in findings["hosting"]["detail"]
    assert findings["build-region"]["status"] == "warning"
    assert "us-central1" in findings["build-region"]["fix"]
