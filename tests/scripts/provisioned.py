"""A project as a bootstrap leaves it before the first deployment, put into the local Google past all checks."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.names import Names
from provision.desired import ACCOUNT_DESCRIPTION, LABEL, LABEL_VALUE, Grant, Queue, Resource, read_desired
from standins.google.control_plane.apis.artifactregistry import Repositories
from standins.google.control_plane.apis.cloudtasks import Queues
from standins.google.control_plane.apis.firebase import FirebaseProjects
from standins.google.control_plane.apis.secretmanager import secrets_of
from standins.google.control_plane.apis.storage import store_of
from standins.google.control_plane.serving.plane import ControlPlane
from standins.google.control_plane.serving.proxy import Proxy
from standins.google.control_plane.state.hosting_sites import Sites
from standins.google.control_plane.state.state import State
from standins.google.storage.conditions import Conditions
from standins.local.site import STANDIN_API_KEY
from voicemint.control.stop_switch import CONTROL_OBJECT, ControlState

ROOT = Path(__file__).parents[2]
PROJECT_ID, NUMBER, REGION = "deployed-in-a-test", "123456789012", "us-central1"
SECRETS = {
    "openai-api-key": STANDIN_API_KEY,
    "openai-webhook-secret": "whsec_" + "QUJD" * 8,
    "signing-key": "k1 " + "ab" * 32,
}
NAMES = Names(
    project_id=PROJECT_ID,
    region=REGION,
    bucket=f"{PROJECT_ID}-voicemint-payloads",
    control_bucket=f"{PROJECT_ID}-voicemint-control",
    site="",
    said_site_url="",
    project_number=NUMBER,
    billing_account="",
)
MARKED = {LABEL: LABEL_VALUE}
COMMAND_SECONDS = 280  # of a machine on which much else runs
Ended = subprocess.CompletedProcess[str]


def provision(state: State) -> None:
    """What infra/ says, but for the functions and the page."""
    desired = read_desired(ROOT, NAMES)
    project = state.add_project(PROJECT_ID, number=NUMBER, billing_account="012345-678901-ABCDEF")
    project.services |= dict.fromkeys(desired.services, 0)
    for account in desired.accounts:
        state.accounts.create(project, account, {"description": ACCOUNT_DESCRIPTION}, 0)
    repository = f"projects/{PROJECT_ID}/locations/{REGION}/repositories/voicemint"
    state.part(Repositories)[repository] = {"name": repository, "format": "DOCKER", "labels": MARKED}
    for bucket in desired.buckets:
        store_of(state).create_bucket(bucket.name, {"location": REGION.upper(), "labels": MARKED}, NUMBER)
    control = store_of(state).bucket(NAMES.control_bucket)
    control.write(CONTROL_OBJECT, ControlState().encode(), Conditions(), {})
    for secret in sorted({binding.resource.name for binding in desired.bindings if binding.resource.kind == "secret"}):
        made = secrets_of(state, PROJECT_ID).create(secret, {"replication": {"automatic": {}}, "labels": MARKED})
        made.add_version(SECRETS[secret].encode(), None)
    for queue in desired.queues:
        _add_queue(state, queue)
    for binding in desired.bindings:
        _grant(state, binding.resource, binding.grant)
    state.part(FirebaseProjects).add(PROJECT_ID)
    state.part(Sites).add_default(project)


def _add_queue(state: State, queue: Queue) -> None:
    fields: dict[str, Any] = {"name": f"projects/{PROJECT_ID}/locations/{REGION}/queues/{queue.name}"}
    for (outer, inner), value in queue.fields.items():
        fields.setdefault(outer, {})[inner] = value
    state.part(Queues)[fields["name"]] = {**fields, "state": "RUNNING"}


def _grant(state: State, resource: Resource, grant: Grant) -> None:
    region = f"projects/{PROJECT_ID}/locations/{REGION}"
    names = {
        "project": f"projects/{PROJECT_ID}",
        "account": f"projects/{PROJECT_ID}/serviceAccounts/{NAMES.email(resource.name)}",
        "bucket": f"b/{resource.name}",
        "repository": f"{region}/repositories/{resource.name}",
        "secret": f"projects/{PROJECT_ID}/secrets/{resource.name}",
        "service": f"{region}/services/{resource.name}",
        "queue": f"{region}/queues/{resource.name}",
    }
    state.policies.grant(names[resource.kind], grant.role, grant.member)


@dataclass(frozen=True)
class Cloud:
    """The local Google and how programs reach it. `path`: where gcloud and node are found."""

    plane: ControlPlane
    proxy: Proxy
    path: str

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": self.path, "LANG": "C.UTF-8", **self.proxy.environment, "PROJECT_ID": PROJECT_ID}

    def run(self, *command: str | Path, root: Path = ROOT, **more: Any) -> Ended:
        """A command of the repository, as somebody runs it who is signed in to gcloud."""
        environment = {**self.environment, **more.pop("environment", {})}
        return subprocess.run(
            command, env=environment, cwd=root, text=True, capture_output=True, timeout=COMMAND_SECONDS, **more
        )
