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


# The first that matches counts: what is more particular stands higher. {project}, {service} and {bucket} are put in.
_TABLE = (
    _Known(
        "not-signed-in", "stop",
        r"gcloud auth login|Reauthentication|invalid_grant|do not currently have an active account|UNAUTHENTICATED"
        r"|ACCESS_TOKEN_SCOPE_INSUFFICIENT|insufficient authentication scopes",
        "gcloud is not signed in, or the sign-in has expired",
        "gcloud auth login",
    ),
    _Known(
        "firebase-terms", "stop",
        r"(?i:Firebase (tos|terms of service)\b.{0,20}\bnot\b.{0,20}\baccepted)",
        "this account has never accepted Firebase's terms of service, which no command can do for it",
        "Sign in to https://console.firebase.google.com as this account (gcloud config get account), accept the terms "
        "there (\"Create a project\" or \"Get started\" asks for it; no project needs to be made), and run this again",
    ),
    _Known(
        "cloud-terms", "stop",
        r"TOS_NOT_ACCEPTED|[Mm]ust accept (the )?[Tt]erms of [Ss]ervice|services/tos",
        "this account has never accepted Google Cloud's terms of service",
        f"Sign in to {CONSOLE} as this account (gcloud config get account), accept the terms, and run this again",
    ),
    _Known(
        "perimeter", "stop",
        r"vpcServiceControlsUniqueIdentifier|VPC_SERVICE_CONTROLS|VPC Service Controls|SECURITY_POLICY_VIOLATED",
        "a service perimeter (VPC Service Controls) around {project} lets nobody in from here; no role changes that",
        "Ask who administers the perimeter to let this account in from this network (an ingress rule or an access "
        "level), and tell them the identifier in the words above; or run this from inside, for example from a machine "
        "of the project",
    ),
    _Known(
        "retention", "stop",
        r"retentionPolicyNotMet|bucket's retention policy|object retention|active (Temporary|Event-Based) hold",
        "the bucket keeps what is in it for a time (retention or a hold), so nothing there can be written again",
        "gcloud storage buckets update gs://{bucket} --clear-retention-period --no-default-event-based-hold "
        "(scripts/doctor.sh names the bucket); a locked period stays, and then CONTROL_BUCKET in infra/project.env has "
        "to name another bucket",
    ),
    _Known(
        "project-deleted", "stop",
        r"CONSUMER_INVALID|DELETE_REQUESTED|[Pp]roject\b.{0,60}\bhas been deleted",
        "{project} is being deleted, or is no project any more",
        "gcloud projects undelete {project}, within 30 days of its deletion",
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
        "forbidden-location", "stop",
        r"gcp\.resourceLocations",
        "an organization policy allows only some locations, and this is none of them",
        "Choose a REGION that it allows, in infra/project.env and in web/firebase.json, or ask who administers the "
        f"organization: {CONSOLE}/iam-admin/orgpolicies/gcp-resourceLocations?project={{project}}",
    ),
    _Known(
        "org-policy", "stop",
        r"permitted customer|allowedPolicyMemberDomains|constraints/[\w.]+",
        "an organization policy forbids it",
        f"{CONSOLE}/iam-admin/orgpolicies?project={{project}}: ask who administers the organization for an exception",
    ),
    _Known(
        "no-build-region", "stop",
        r"cannot run builds in this region|restricted_regions|due to quota restrictions",
        "Google lets {project} build in some regions only, and REGION is none of them: so it is with new projects",
        "Choose another REGION, in infra/project.env and in web/firebase.json: us-central1, us-west2, europe-west1, "
        "asia-east1, australia-southeast1 and southamerica-east1 are open to all "
        "(https://cloud.google.com/build/docs/locations); or ask Google's support to allow it",
    ),
    _Known(
        "build-account", "stop",
        r"[Bb]uild (service account|failed)[^\n]*(permission|denied|access)|cloudbuild\.builds\.builder"
        r"|(\bbuilder@|-compute@|@cloudbuild\.)\S* does not have (storage|artifactregistry|logging)\.\S+ access",
        "the account that builds lacks a role",
        "scripts/bootstrap.sh puts back what infra/iam.txt says of `builder`; then deploy again, some minutes later",
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
        "version-off", "stop",
        r"Secret Version \[\S+\] is in \w+ state",
        "the newest version of the secret is disabled or destroyed, and it is the one that is read",
        "Store a new one: scripts/bootstrap.sh",
    ),
    _Known(
        "destroyed", "gone",
        r"already DESTROYED",
        "it is destroyed already",
        "Run this again: it looks first",
    ),
    _Known(
        "site-name-reserved", "exists",
        r"is reserved by another project",
        "the name is reserved for another project; Hosting gives a new Firebase project a site of another name",
        "If the project has no Hosting site yet, write SITE=ANOTHER-NAME into infra/project.env and run this again",
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
        f"{CONSOLE}/iam-admin/iam?project={{project}}. Which account is it: gcloud config get account. A role is in "
        "force everywhere some minutes after it was given: then run this again",
    ),
    _Known(
        "not-there-yet", "wait",
        r"[Ss]ervice account \S+ does not exist|User \S+ does not exist|Unknown service account|NOT_FOUND"
        r"|does not exist|was not found|[Nn]ot [Ff]ound|HTTPError 404",
        "it is not there, or not everywhere yet",
        "Run this again in a minute; if it stays, what the words above name is missing, and scripts/doctor.sh says how "
        "to mend that",
    ),
    _Known(
        "quota", "stop",
        r"total allowable|maxScale may not exceed|[Qq]uota exceeded for total|QUOTA_EXCEEDED.{0,200}PerProjectRegion",
        "it is more than {project} may have in this region",
        f"Ask for more at {CONSOLE}/iam-admin/quotas?project={{project}}, or write smaller numbers into "
        "infra/functions/*.yaml (--max-instances, --cpu, --memory)",
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
UNKNOWN = Failure(
    "unknown",
    "stop",
    "Google refused it, in words that are not known here",
    "The words above are Google's own and name the reason. Mend that first: without it the same will be refused again",
)
# What is so for some minutes after a role was given, and else for good.
FRESH = frozenset({"no-permission", "build-account"})


def look_up(text: str, project_id: str) -> Failure:
    """The first row of the table whose words are in `text`."""
    service = re.search(r"\b([a-z]+\.googleapis\.com)\b(?=.{0,80}(has not been used|disabled|$))|service: (\S+)", text)
    bucket = re.search(r"Object '([a-z0-9][\w.-]+)/|/b/([a-z0-9][\w.-]+)/", text)
    values = {
        "project": project_id,
        "service": _first(service.groups() if service else ()) or "THE_API",
        "bucket": _first(bucket.groups() if bucket else ()) or "BUCKET",
    }
    for known in _TABLE:
        if re.search(known.words, text):
            return Failure(known.id, known.kind, known.cause.format(**values), known.fix.format(**values))
    return UNKNOWN


def _first(groups: Iterable[str | None]) -> str:
    return next((group.strip("'\",;") for group in groups if group), "")
