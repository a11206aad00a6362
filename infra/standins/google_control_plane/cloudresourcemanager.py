"""Cloud Resource Manager v1 and v3: the project itself, and who may do what in it."""

from standins.google_control_plane.api import Api, Call, Json
from standins.google_control_plane.projects import Project
from standins.google_errors import GoogleError

API = Api("cloudresourcemanager.googleapis.com", always_on=True)
PROJECT = "/v1/projects/{project}"
PROJECT_V3 = "/v3/projects/{project}"


@API.get(PROJECT, permission="resourcemanager.projects.get")
def get_project(call: Call) -> Json:
    return resource(call.project)


@API.get("/v1/projects")
def list_projects(call: Call) -> Json:
    return {"projects": [resource(project) for project in call.plane.projects.values()]}


@API.get(PROJECT_V3, permission="resourcemanager.projects.get")
def get_project_v3(call: Call) -> Json:
    project = call.project
    return {
        "name": f"projects/{project.number}",
        "projectId": project.project_id,
        "displayName": project.name,
        "state": project.state,
        "createTime": project.created,
        "etag": 'W/"0123456789abcdef"',
        **({"labels": project.labels} if project.labels else {}),
    }


@API.post(f"{PROJECT}:getIamPolicy", permission="resourcemanager.projects.getIamPolicy", read=True)
@API.post(f"{PROJECT_V3}:getIamPolicy", permission="resourcemanager.projects.getIamPolicy", read=True)
def get_iam_policy(call: Call) -> Json:
    version = call.json().get("options", {}).get("requestedPolicyVersion", 1)
    return call.plane.policies.of(call.project.resource).resource(version)


@API.post(f"{PROJECT}:setIamPolicy", permission="resourcemanager.projects.setIamPolicy")
@API.post(f"{PROJECT_V3}:setIamPolicy", permission="resourcemanager.projects.setIamPolicy")
def set_iam_policy(call: Call) -> Json:
    policy = call.json().get("policy")
    owners = [binding for binding in (policy or {}).get("bindings", []) if binding.get("role") == "roles/owner"]
    if not any(binding.get("members") for binding in owners):
        raise GoogleError("INVALID_ARGUMENT", "The project needs an owner: SOLO_MUST_INVITE_OWNERS.")
    return call.plane.policies.write(call.plane, call.project.resource, policy)


@API.post(f"{PROJECT}:testIamPermissions", read=True)
@API.post(f"{PROJECT_V3}:testIamPermissions", read=True)
def test_iam_permissions(call: Call) -> Json:
    asked = call.json().get("permissions", [])
    return granted(call, asked)


def granted(call: Call, asked: list[str]) -> Json:
    """Which of these permissions the caller has; none is an empty answer."""
    have = [permission for permission in asked if permission not in call.plane.rules.denied_permissions]
    return {"permissions": have} if have else {}


def resource(project: Project) -> Json:
    return {
        "projectId": project.project_id,
        "projectNumber": project.number,
        "name": project.name,
        "lifecycleState": project.state,
        "createTime": project.created,
        **({"labels": project.labels} if project.labels else {}),
    }
