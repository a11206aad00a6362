"""The real gcloud works on the local Google: every command that provisioning needs, as it is typed."""

import json
import shlex
from pathlib import Path

import pytest

from .....google import BILLING_ACCOUNT, PROJECT_ID, Google, needs_gcloud

pytestmark = needs_gcloud
INFRA = Path(__file__).parents[5] / "infra"
EMAIL = f"builder@{PROJECT_ID}.iam.gserviceaccount.com"
MEMBER = f"--member=serviceAccount:{EMAIL}"
CONDITION = 'title=uploads,expression=resource.name.startsWith("projects/_/buckets/gcf-v2-")'


class Commands:
    """gcloud command lines on one project; one that must fail says how."""

    def __init__(self, google: Google) -> None:
        self._google = google

    def __call__(self, line: str, *more: str, stdin: str = "", fails: str = "") -> str:
        ended = self._google.run("gcloud", *shlex.split(line), *more, f"--project={PROJECT_ID}", stdin=stdin)
        assert (ended.returncode != 0) == bool(fails), f"gcloud {line}: {ended.stderr}"
        assert fails in ended.stderr
        return ended.stdout


@pytest.fixture
def gcloud(google: Google, is_long: bool, request: pytest.FixtureRequest) -> Commands:
    """Forked commands; with --long, each one starts as it does at a shell."""
    google.enable_everything()
    return Commands(google if is_long else request.getfixturevalue("warm_google"))


def test_services(google: Google, gcloud: Commands) -> None:
    google.project.services.clear()
    gcloud("services enable iam.googleapis.com secretmanager.googleapis.com")
    gcloud("services enable run.googleapis.com")
    listed = gcloud("services list --enabled", "--format=value(config.name)")
    assert listed.split() == ["iam.googleapis.com", "run.googleapis.com", "secretmanager.googleapis.com"]
    gcloud("services disable run.googleapis.com")
    assert set(google.project.services) == {"iam.googleapis.com", "secretmanager.googleapis.com"}
    gcloud("artifacts repositories list --location=us-central1", fails="SERVICE_DISABLED")


def test_the_project_and_who_pays(google: Google, gcloud: Commands) -> None:
    assert json.loads(gcloud(f"projects describe {PROJECT_ID} --format=json"))["lifecycleState"] == "ACTIVE"
    paid = json.loads(gcloud(f"billing projects describe {PROJECT_ID} --format=json"))
    assert (paid["billingEnabled"], paid["billingAccountName"]) == (True, f"billingAccounts/{BILLING_ACCOUNT}")
    assert gcloud("billing accounts list", "--format=value(name.basename())").split() == [BILLING_ACCOUNT]
    google.project.billing_account = None
    assert gcloud(f"billing projects describe {PROJECT_ID}", "--format=value(billingEnabled)").strip() == "False"


def test_accounts_and_bindings(google: Google, gcloud: Commands) -> None:
    gcloud("iam service-accounts create builder --display-name=Builder")
    gcloud("iam service-accounts create builder", fails="already exists")
    assert EMAIL in gcloud(f"iam service-accounts describe {EMAIL}")
    assert gcloud("iam service-accounts list", "--format=value(email)").split() == [EMAIL]
    role = "--role=roles/logging.logWriter"
    for verb in ("add", "remove"):
        gcloud(f"projects {verb}-iam-policy-binding {PROJECT_ID} {MEMBER} {role} --condition=None")
        gcloud(f"iam service-accounts {verb}-iam-policy-binding {EMAIL} {MEMBER} --role=roles/iam.serviceAccountUser")
    gcloud(
        f"projects add-iam-policy-binding {PROJECT_ID} {MEMBER} --role=roles/storage.objectViewer",
        f"--condition={CONDITION}",
    )
    assert google.plane.state.policies.bindings_of(f"projects/{PROJECT_ID}") == {
        ("roles/owner", "user:owner@example.com", None),
        ("roles/storage.objectViewer", f"serviceAccount:{EMAIL}", "uploads"),
    }
    policy = json.loads(gcloud(f"projects get-iam-policy {PROJECT_ID} --format=json"))
    assert policy["version"] == 3
    assert "bindings" not in json.loads(gcloud(f"iam service-accounts get-iam-policy {EMAIL} --format=json"))
    gcloud(f"iam service-accounts keys create /dev/null --iam-account={EMAIL}", fails="Key creation is not allowed")
    gcloud(f"iam service-accounts delete {EMAIL} --quiet")
    assert google.plane.state.accounts == {}


def test_secrets(google: Google, gcloud: Commands) -> None:
    gcloud("iam service-accounts create builder")
    gcloud("secrets create a-secret --replication-policy=automatic")
    for value in ("one", "two"):
        gcloud("secrets versions add a-secret --data-file=-", stdin=value)
    assert gcloud("secrets versions access latest --secret=a-secret") == "two"
    gcloud("secrets versions disable 1 --secret=a-secret")
    gcloud("secrets versions enable 1 --secret=a-secret")
    gcloud("secrets versions destroy 1 --secret=a-secret --quiet")
    gcloud("secrets versions access 1 --secret=a-secret", fails="DESTROYED")
    listed = gcloud("secrets versions list a-secret --filter=state=ENABLED", "--format=value(name)")
    assert listed.split() == ["2"]
    gcloud(f"secrets add-iam-policy-binding a-secret {MEMBER} --role=roles/secretmanager.secretAccessor")
    assert EMAIL in gcloud("secrets get-iam-policy a-secret")
    assert "a-secret" in gcloud("secrets list")
    gcloud("secrets describe a-secret")
    gcloud("secrets delete a-secret --quiet")
    gcloud("secrets describe a-secret", fails="NOT_FOUND")
    assert google.plane.state.policies.bindings_of(f"projects/{PROJECT_ID}/secrets/a-secret") == set()


def test_buckets(google: Google, gcloud: Commands) -> None:
    url = "gs://a-bucket-of-mine"
    gcloud(f"storage buckets create {url} --location=us-central1 --uniform-bucket-level-access --pap")
    gcloud(f"storage buckets create {url} --location=us-central1", fails="409")
    gcloud(f"storage buckets update {url} --lifecycle-file={INFRA / 'bucket-lifecycle.json'} --clear-soft-delete")
    bucket = json.loads(gcloud(f"storage buckets describe {url} --format=json"))
    assert bucket["lifecycle_config"] == json.loads((INFRA / "bucket-lifecycle.json").read_text())
    assert (bucket["location"], bucket["soft_delete_policy"]["retentionDurationSeconds"]) == ("US-CENTRAL1", "0")
    assert (bucket["public_access_prevention"], bucket["uniform_bucket_level_access"]) == ("enforced", True)
    grant = "--member=user:a@example.com --role=roles/storage.objectViewer"
    for verb in ("add", "remove"):
        gcloud(f"storage buckets {verb}-iam-policy-binding {url} {grant}")
    assert "a@example.com" not in gcloud(f"storage buckets get-iam-policy {url}")
    assert gcloud("storage buckets list", "--format=value(name)").split() == ["a-bucket-of-mine"]
    gcloud(f"storage rm --recursive {url}")
    gcloud(f"storage buckets describe {url}", fails="not found")


def test_objects(google: Google, gcloud: Commands, tmp_path: Path) -> None:
    url, file = "gs://a-bucket-of-mine", tmp_path / "a.json"
    file.write_bytes(b'{"bytes": "\r\n--=="}\n')
    gcloud(f"storage buckets create {url} --location=us-central1")
    gcloud(f"storage cp {file} {url}/logs/a.json")
    gcloud(f"storage cp - {url}/control.json --if-generation-match=0", stdin="{}")
    gcloud(f"storage cp - {url}/control.json --if-generation-match=0", stdin="{}", fails="412")
    assert '{"bytes": ' in gcloud(f"storage cat {url}/logs/a.json")
    gcloud(f"storage cp {url}/logs/a.json {tmp_path}/b.json")
    assert (tmp_path / "b.json").read_bytes() == file.read_bytes()
    assert gcloud(f"storage ls --recursive {url}/**").split() == [f"{url}/control.json", f"{url}/logs/a.json"]
    gcloud(f"storage objects describe {url}/control.json")
    gcloud(f"storage rm {url}/control.json")
    gcloud(f"storage buckets delete {url}", fails="Bucket is not empty")
    gcloud(f"storage rm --recursive {url}")


def test_repositories_and_queues(google: Google, gcloud: Commands) -> None:
    where = "--location=us-central1"
    grant = "--member=user:a@example.com --role=roles/viewer"
    gcloud(f"artifacts repositories create images --repository-format=docker {where}")
    gcloud(f"artifacts repositories add-iam-policy-binding images {where} {grant}")
    gcloud(f"artifacts repositories get-iam-policy images {where}")
    assert "images" in gcloud(f"artifacts repositories list {where} --format=json")
    gcloud(f"artifacts repositories delete images {where} --quiet")
    gcloud(f"artifacts repositories describe images {where}", fails="NOT_FOUND")
    gcloud(f"tasks queues create calls {where} --max-attempts=3 --max-dispatches-per-second=5")
    gcloud(f"tasks queues update calls {where} --max-attempts=5")
    queue = json.loads(gcloud(f"tasks queues describe calls {where} --format=json"))
    assert (queue["retryConfig"]["maxAttempts"], queue["rateLimits"]["maxDispatchesPerSecond"]) == (5, 5)
    gcloud(f"tasks queues add-iam-policy-binding calls {where} {grant}")
    assert "a@example.com" in gcloud(f"tasks queues get-iam-policy calls {where}")
    gcloud(f"tasks queues delete calls {where} --quiet")
    assert gcloud(f"tasks queues list {where}") == ""


def test_what_is_watched(google: Google, gcloud: Commands) -> None:
    dashboard = gcloud(f"monitoring dashboards create --config-from-file={INFRA / 'monitoring' / 'dashboard.json'}")
    assert dashboard == ""
    [name] = gcloud("monitoring dashboards list", "--format=value(name)").split()
    gcloud(f"monitoring dashboards delete {name} --quiet")
    [alert, *_] = sorted((INFRA / "monitoring" / "alerts").iterdir())
    gcloud(f"alpha monitoring policies create --policy-from-file={alert}")
    only = f'--filter=displayName="{json.loads(alert.read_text())["displayName"]}"'
    [policy] = gcloud("alpha monitoring policies list", only, "--format=value(name)").split()
    gcloud(f"alpha monitoring policies update {policy} --policy-from-file={alert}")
    gcloud(f"alpha monitoring policies delete {policy} --quiet")
    address = "--type=email --channel-labels=email_address=a@example.com"
    gcloud(f"beta monitoring channels create --display-name=owner {address}")
    gcloud("logging metrics create refusals --description=d --log-filter=severity=ERROR")
    gcloud("logging metrics update refusals --description=e")
    gcloud("logging metrics delete refusals --quiet")
    gcloud("logging read severity=ERROR --limit=5")


def test_budgets_and_the_organisation_s_policies(google: Google, gcloud: Commands) -> None:
    account = f"--billing-account={BILLING_ACCOUNT}"
    gcloud(f"billing budgets create {account} --flags-file={INFRA / 'budget.yaml'}")
    [name] = gcloud(f"billing budgets list {account}", "--format=value(name)").split()
    gcloud(f"billing budgets describe {name}")
    gcloud(f"billing budgets delete {name} --quiet")
    described = gcloud("org-policies describe iam.allowedPolicyMemberDomains --effective --format=json")
    assert json.loads(described)["spec"]["rules"] == [{"allowAll": True}]
    gcloud("org-policies list")
