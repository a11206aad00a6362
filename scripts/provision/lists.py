"""What a project has, list by list, as Google's REST APIs tell it: a process of gcloud for each list is slow."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from common.gcloud import GcloudFailed
from common.names import Names

MAX_PAGES = 100
Get = Callable[[str], Any]  # the JSON at a URL


@dataclass(frozen=True, slots=True)
class Listing:
    """`api` has to be on, or there is nothing to list; `group` is the group of gcloud's commands that change what is
    listed. `fields` of each page hold the items.
    """

    api: str
    group: str
    url: str
    fields: tuple[str, ...]
    next_page: str = "pageToken"

    def read(self, get: Get) -> list[Any]:
        """All items. Raises what `get` raises, and GcloudFailed."""
        return [item for page in self._pages(get) for field in self.fields for item in page.get(field, [])]

    def _pages(self, get: Get) -> Iterator[Mapping[str, Any]]:
        mark, url = "&" if "?" in self.url else "?", self.url
        for _ in range(MAX_PAGES):
            page: Mapping[str, Any] = get(url)
            yield page
            token = page.get("nextPageToken") or page.get("metadata", {}).get("continue")
            if not token:
                return
            url = f"{self.url}{mark}{self.next_page}={quote(token, safe='')}"
        raise GcloudFailed(f"GET {self.url}", f"ERROR: more than {MAX_PAGES} pages")


@dataclass(frozen=True, slots=True)
class One:
    """A single thing; `group` as with a listing."""

    group: str
    url: str

    def read(self, get: Get) -> Any:
        return get(self.url)


Question = Listing | One


def project(project_id: str) -> One:
    return One("projects", f"https://cloudresourcemanager.googleapis.com/v1/projects/{project_id}")


def billing_of(project_id: str) -> One:
    return One("billing", f"https://cloudbilling.googleapis.com/v1/projects/{project_id}/billingInfo")


def services(project_id: str) -> Listing:
    """The APIs that are on."""
    path = f"v1/projects/{project_id}/services?filter=state:ENABLED&pageSize=200"
    return _listing("serviceusage", "services", path, "services")


def listings(names: Names) -> Mapping[str, Listing]:
    """By the name that `Reality` has for each."""
    parent = f"projects/{names.project_id}"
    place = f"{parent}/locations/{names.region}"
    run = (
        f"https://{names.region}-run.googleapis.com/apis/serving.knative.dev/v1/namespaces/{names.project_id}/services"
    )
    return {
        "accounts": _listing("iam", "iam", f"v1/{parent}/serviceAccounts?pageSize=100", "accounts"),
        "buckets": _listing("storage", "storage", f"storage/v1/b?project={names.project_id}", "items"),
        "repositories": _listing("artifactregistry", "artifacts", f"v1/{place}/repositories", "repositories"),
        "secrets": _listing("secretmanager", "secrets", f"v1/{parent}/secrets", "secrets"),
        "queues": _listing("cloudtasks", "tasks", f"v2/{place}/queues", "queues"),
        "run_services": Listing("run", "run", run, ("items",), "continue"),
        "dashboards": _listing("monitoring", "monitoring", f"v1/{parent}/dashboards", "dashboards"),
        "alerts": _listing("monitoring", "monitoring", f"v3/{parent}/alertPolicies", "alertPolicies"),
        "functions": functions(names),
        "triggers": _listing("cloudbuild", "builds", f"v1/{place}/triggers", "triggers"),
    }


def functions(names: Names) -> Listing:
    place, second_generation = f"projects/{names.project_id}/locations/{names.region}", quote('environment="GEN_2"')
    path = f"v2/{place}/functions?filter={second_generation}"
    return _listing("cloudfunctions", "functions", path, "functions")


def channels(names: Names) -> Listing:
    path = f"v3/projects/{names.project_id}/notificationChannels"
    return _listing("monitoring", "monitoring", path, "notificationChannels")


def versions(names: Names, secret: str) -> Listing:
    """Newest first."""
    path = f"v1/projects/{names.project_id}/secrets/{secret}/versions"
    return _listing("secretmanager", "secrets", path, "versions")


def newest_version_of(names: Names, secret: str) -> One:
    """With what it holds."""
    path = f"projects/{names.project_id}/secrets/{secret}/versions/latest:access"
    return One("secrets", f"https://secretmanager.googleapis.com/v1/{path}")


def budgets(billing_account: str) -> Listing:
    return _listing("billingbudgets", "billing", f"v1/billingAccounts/{billing_account}/budgets", "budgets")


def objects(bucket: str) -> Listing:
    """What stands at the top of a bucket: objects, and folders as their names with a slash at the end."""
    return _listing("storage", "storage", f"storage/v1/b/{bucket}/o?delimiter=/", "items", "prefixes")


def _listing(api: str, group: str, path: str, *fields: str) -> Listing:
    return Listing(api, group, f"https://{api}.googleapis.com/{path}", fields)
