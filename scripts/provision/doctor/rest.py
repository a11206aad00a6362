"""Reads by Google's REST APIs: what gcloud has no command for, and policies, of which there are too many for a process
each. Only reads: a POST here is one of Google's that changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from common.gcloud import GcloudFailed
from common.google_api import headers_of, refusal_text
from common.names import Names

from ..desired import Resource
from ..lists import Question

PROJECTS = "https://cloudresourcemanager.googleapis.com/"
WITH_CONDITIONS = "options.requestedPolicyVersion=3"
GETS, POSTS = ("GET", None), ("POST", {"options": {"requestedPolicyVersion": 3}})


@dataclass(frozen=True, slots=True)
class Rest:
    """Signed in by gcloud's own token."""

    names: Names
    token: str = field(repr=False)

    def ask(self, method: str, url: str, seconds: float, body: Any = None) -> Any:
        """The JSON of the answer. Raises RequestException, and GcloudFailed with Google's words."""
        headers = headers_of(url, self.names.project_id, self.token)
        answer = requests.request(method, url, json=body, headers=headers, timeout=seconds, allow_redirects=False)
        raise_refusal(f"{method} {url}", answer)
        return answer.json()

    def read(self, question: Question, seconds: float) -> Any:
        """All items of a list, or the one thing. `seconds` are for each page."""
        return question.read(lambda url: self.ask("GET", url, seconds))

    def policy(self, resource: Resource, seconds: float) -> Any:
        """Who may do what with it."""
        method, url, body = policy_request(resource, self.names)
        return self.ask(method, url, seconds, body)

    def org_policy(self, constraint: str, seconds: float) -> Any:
        """The policy that is in force in the project, wherever it was set."""
        path = f"projects/{self.names.project_id}/policies/{constraint}:getEffectivePolicy"
        return self.ask("GET", f"https://orgpolicy.googleapis.com/v2/{path}", seconds)

    def org_policy_before(self, constraint: str, seconds: float) -> Any:
        """The same by the older API, which is always on. Written as the newer one has it."""
        url = f"{PROJECTS}v1/projects/{self.names.project_id}:getEffectiveOrgPolicy"
        return as_newer(self.ask("POST", url, seconds, {"constraint": f"constraints/{constraint}"}))


def as_newer(policy: Mapping[str, Any]) -> Any:
    """An OrgPolicy of Cloud Resource Manager v1 as a policy of Organization Policy v2."""
    listed = policy.get("listPolicy", {})
    values = {name: listed[name] for name in ("allowedValues", "deniedValues") if name in listed}
    rules: list[Mapping[str, Any]] = [{"values": values}] if values else []
    rules += [{"denyAll": True}] if listed.get("allValues") == "DENY" else []
    rules += [{"enforce": True}] if policy.get("booleanPolicy", {}).get("enforced") else []
    return {"spec": {"rules": rules}}


def raise_refusal(line: str, answer: requests.Response) -> None:
    """Raises GcloudFailed for one."""
    if not answer.ok:
        try:
            body = answer.json()
        except ValueError:
            body = answer.text
        raise GcloudFailed(line, refusal_text(answer.status_code, body))


def policy_request(resource: Resource, names: Names) -> tuple[str, str, Any]:
    """Method, URL and body with which a policy is read, its conditions included."""
    host, path = _policy_path(resource, names)
    method, body = POSTS if resource.kind in ("project", "account", "queue") else GETS
    if resource.kind in ("account", "repository", "secret", "service"):
        path, body = f"{path}?{WITH_CONDITIONS}", None
    return method, f"https://{host}.googleapis.com/{path}", body


def _policy_path(resource: Resource, names: Names) -> tuple[str, str]:
    """Host and path, as gcloud asks for each kind."""
    name, project = resource.name, f"projects/{names.project_id}"
    place = f"{project}/locations/{names.region}"
    return {
        "project": ("cloudresourcemanager", f"v1/{project}:getIamPolicy"),
        "account": ("iam", f"v1/{project}/serviceAccounts/{names.email(name)}:getIamPolicy"),
        "bucket": ("storage", f"storage/v1/b/{name}/iam?optionsRequestedPolicyVersion=3"),
        "repository": ("artifactregistry", f"v1/{place}/repositories/{name}:getIamPolicy"),
        "secret": ("secretmanager", f"v1/{project}/secrets/{name}:getIamPolicy"),
        "service": ("run", f"v1/{place}/services/{name}:getIamPolicy"),
        "queue": ("cloudtasks", f"v2/{place}/queues/{name}:getIamPolicy"),
    }[resource.kind]
