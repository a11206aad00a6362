"""What a bootstrap must be allowed to do in the project.

Only what the role Owner has at the project itself: its rights on a bucket come with the bucket, and asking for them
here would find them missing.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import requests

from ..findings import Finding
from .context import Context, ok
from .rest import raise_refusal
from .sign_in import account

RESOURCE_MANAGER = "https://cloudresourcemanager.googleapis.com/v1/projects"
# A permission and the least role that has it.
NEEDED: Mapping[str, str] = {
    "artifactregistry.repositories.create": "roles/artifactregistry.admin",
    "artifactregistry.repositories.setIamPolicy": "roles/artifactregistry.admin",
    "cloudfunctions.functions.create": "roles/cloudfunctions.developer",
    "cloudfunctions.functions.update": "roles/cloudfunctions.developer",
    "cloudtasks.queues.create": "roles/cloudtasks.queueAdmin",
    "firebase.projects.update": "roles/firebase.admin",
    "firebasehosting.sites.update": "roles/firebasehosting.admin",
    "iam.serviceAccounts.actAs": "roles/iam.serviceAccountUser",
    "iam.serviceAccounts.create": "roles/iam.serviceAccountAdmin",
    "iam.serviceAccounts.setIamPolicy": "roles/iam.serviceAccountAdmin",
    "monitoring.alertPolicies.create": "roles/monitoring.editor",
    "monitoring.dashboards.create": "roles/monitoring.editor",
    "resourcemanager.projects.setIamPolicy": "roles/resourcemanager.projectIamAdmin",
    "run.services.setIamPolicy": "roles/run.admin",
    "secretmanager.secrets.create": "roles/secretmanager.admin",
    "secretmanager.secrets.setIamPolicy": "roles/secretmanager.admin",
    "secretmanager.versions.add": "roles/secretmanager.admin",
    "serviceusage.services.enable": "roles/serviceusage.serviceUsageAdmin",
    "storage.buckets.create": "roles/storage.admin",
}


class Held(NamedTuple):
    """`date` is what the answer's header says, `asked_at` what this machine's clock said then."""

    permissions: frozenset[str]
    date: str
    asked_at: datetime


def held_permissions(project_id: str, token: str, seconds: float) -> Held:
    """Those of NEEDED that the caller has. gcloud has no command for it.

    Raises RequestException, and GcloudFailed for a refusal.
    """
    answer = requests.post(
        f"{RESOURCE_MANAGER}/{project_id}:testIamPermissions",
        json={"permissions": list(NEEDED)},
        headers={"Authorization": f"Bearer {token}"},
        timeout=seconds,
        allow_redirects=False,
    )
    raise_refusal("testIamPermissions", answer)
    asked_at = datetime.now(UTC) - answer.elapsed / 2
    return Held(frozenset(answer.json().get("permissions", [])), answer.headers.get("Date", ""), asked_at)


def permissions(context: Context) -> Iterable[Finding]:
    answer = context.of("permissions")
    if not answer.ok:
        yield context.unasked("permissions", "What this account may do", answer)
        return
    lacking = sorted(set(NEEDED) - answer.value.permissions)
    if not lacking:
        yield ok("permissions", f"This account may do all that a bootstrap needs ({len(NEEDED)} permissions)")
    for permission in lacking:
        role = NEEDED[permission]
        yield Finding(
            f"permission:{permission}",
            "problem",
            f"This account may not {permission}",
            f"{role} has it; the project's owner can give it. Given a moment ago, it is in force after some minutes",
            context.grant(role, member_of(account(context))),
        )


def member_of(email: str) -> str:
    """The signed-in account as IAM writes it."""
    kind = "serviceAccount" if email.endswith(".gserviceaccount.com") else "user"
    return f"{kind}:{email or 'YOU@EXAMPLE.COM'}"
