"""What Google's refusals mean, and what to do: the one table of known failures.

Matched by words, because gcloud passes on words: the status, the ErrorInfo block and the sentence, in one text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

# wait: goes away by itself, within a minute or two. exists, gone: what was asked for is so already. stop: it is not.
Kind = Literal["wait", "exists", "gone", "stop"]
CONSOLE = "https://console.cloud.google.com"


@dataclass(frozen=True, slots=True)
class Failure:
    """`fix` is a command or a console page and what to do there."""

    id: str
    kind: Kind
    cause: str
    fix: str


@dataclass(frozen=True, slots=True)
class _Known:
    id: str
    kind: Kind
    words: str
    cause: str
    fix: str


# The first that matches counts: what is more particular stands higher. {project} and {service} are put in.
_TABLE = (
    _Known(
        "not-signed-in", "stop",
        r"gcloud auth login|Reauthentication|invalid_grant|do not currently have an active account|UNAUTHENTICATED",
        "gcloud is not signed in, or the sign-in has expired",
        "gcloud auth login",
    ),
    _Known(
        "bucket-name-taken", "stop",
        r"bucket name is not available|bucket namespace is shared",
        "a bucket of this name belongs to somebody else; names of buckets are shared by all of Google Cloud",
        "Choose other names: set BUCKET and CONTROL_BUCKET in infra/project.env",
    ),
    _Known(
        "billing-off", "stop",
        r"billing-enabled|BILLING_DISABLED|UREQ_PROJECT_BILLING|[Bb]illing (account|must be|is|has)\b.*"
        r"(not found|enabled|disabled|closed|not open|absent)",
        "billing is off for {project}",
        f"gcloud billing projects link {{project}} --billing-account=ACCOUNT_ID, or {CONSOLE}/billing/linkedaccount"
        "?project={project} (yours: gcloud billing accounts list)",
    ),
    _Known(
        "org-policy", "stop",
        r"permitted customer|allowedPolicyMemberDomains|constraints/[\w.]+",
        "an organization policy forbids it",
        f"{CONSOLE}/iam-admin/orgpolicies?project={{project}}: ask who administers the organization for an exception",
    ),
    _Known(
        "build-account", "stop",
        r"[Bb]uild (service account|failed)[^\n]*(permission|denied|access)|cloudbuild\.builds\.builder"
        r"|does not have (storage|artifactregistry|logging)\.\S+ access",
        "the account that builds lacks a role",
        "scripts/bootstrap.sh puts back what infra/iam.txt says of `builder`; then deploy again",
    ),
    _Known(
        "service-disabled", "wait",
        r"SERVICE_DISABLED|has not been used in project|it is disabled|accessNotConfigured",
        "the API is off, or was turned on a moment ago",
        "gcloud services enable {service} --project={project}",
    ),
    _Known(
        "changed-meanwhile", "wait",
        r"\bABORTED\b|[Cc]oncurrent (policy )?(change|modif)|etag|conditionNotMet|HTTPError 412|PRECONDITION_FAILED",
        "somebody else changed it at the same moment",
        "Run this again",
    ),
    _Known(
        "name-kept", "stop",
        r"existed too recently",
        "Google keeps the name of a deleted queue for some days, and a teardown deleted this one",
        "Run this again in a few days: what it did stays done. Or use another project",
    ),
    _Known(
        "destroyed", "gone",
        r"already DESTROYED",
        "it is destroyed already",
        "Run this again: it looks first",
    ),
    _Known(
        "exists", "exists",
        r"ALREADY_EXISTS|already exists|already own it|alreadyExists|HTTPError 409",
        "it is there already",
        "Run this again: it looks first",
    ),
    _Known(
        "no-region", "stop",
        r"'locations/[\w-]+' \(or it may not exist\)|LOCATION_POLICY_VIOLATED",
        "Google has no such region, or none for {project}",
        "Correct REGION in infra/project.env and in web/firebase.json (gcloud functions regions list)",
    ),
    _Known(
        "no-permission", "stop",
        r"PERMISSION_DENIED|[Pp]ermission '?[\w.]*'? ?denied|do(es)? not have (the )?(permission|[\w.]+ access)"
        r"|HTTPError 403|\bforbidden\b|AUTH_PERMISSION_DENIED",
        "this account may not do it",
        "Ask an owner of {project} for roles/owner, or for the role that the words above name: "
        f"{CONSOLE}/iam-admin/iam?project={{project}}. Which account is it: gcloud config get account",
    ),
    _Known(
        "not-there-yet", "wait",
        r"[Ss]ervice account \S+ does not exist|User \S+ does not exist|Unknown service account|NOT_FOUND"
        r"|does not exist|was not found|[Nn]ot [Ff]ound|HTTPError 404",
        "it is not there, or not everywhere yet",
        "Run this again in a minute",
    ),
    _Known(
        "too-many-requests", "wait",
        r"RESOURCE_EXHAUSTED|rateLimitExceeded|Quota exceeded|Too Many Requests|HTTPError 429|\b429\b",
        "Google asks to go slower",
        f"Run this again in a minute; if it stays: {CONSOLE}/iam-admin/quotas?project={{project}}",
    ),
    _Known(
        "unavailable", "wait",
        r"UNAVAILABLE|INTERNAL|HTTPError 50\d|\b50[0234]\b|[Cc]onnection (was )?(reset|aborted|refused)"
        r"|RemoteDisconnected|Remote end closed|EOF occurred|[Tt]imed? ?out|no end after|Unable to reach|ProxyError"
        r"|Max retries",
        "Google did not answer",
        "Is the network there? Run this again",
    ),
)  # fmt: skip
UNKNOWN = Failure("unknown", "stop", "Google refused it", "The words above are Google's own; then run this again")


def look_up(text: str, project_id: str) -> Failure:
    """The first row of the table whose words are in `text`."""
    service = re.search(r"\b([a-z]+\.googleapis\.com)\b(?=.{0,80}(has not been used|disabled|$))|service: (\S+)", text)
    values = {"project": project_id, "service": _first(service.groups() if service else ()) or "THE_API"}
    for known in _TABLE:
        if re.search(known.words, text):
            return Failure(known.id, known.kind, known.cause.format(**values), known.fix.format(**values))
    return UNKNOWN


def _first(groups: Iterable[str | None]) -> str:
    return next((group.strip("'\",;") for group in groups if group), "")
