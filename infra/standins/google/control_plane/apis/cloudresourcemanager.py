"""Cloud Resource Manager v1 and v3: the project itself, and who may do what in it."""

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.iam_routes import add_iam_routes
from standins.google.control_plane.state.projects import Project
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("cloudresourcemanager.googleapis.com", always_on=True)
PROJECT = "/v1/projects/{project}"
PROJECT_V3 = "/v3/projects/{project}"


@API.get(PROJECT, permission="resourcemanager.projects.get")
def get_project(call: Call) -> Json:
    return resource(call.project)


@API.get("/v1/projects")
def list_projects(call: Call) -> Json:
    return {"projects": [resource(project) for project in call.state.projects.values()]}


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


@API.post(f"{PROJECT}:getAncestry", permission="resourcemanager.projects.get", read=True)
def get_ancestry(call: Call) -> Json:
    """A project of no organisation."""
    return {"ancestor": [{"resourceId": {"type": "project", "id": call.project.project_id}}]}


@API.post(f"{PROJECT}:getEffectiveOrgPolicy", permission="orgpolicy.policy.get", read=True)
def get_effective_org_policy(call: Call) -> Json:
    """What orgpolicy.py answers, in the older form, which has no managed constraints."""
    constraint = str(call.json().get("constraint", ""))
    name = constraint.removeprefix("constraints/")
    if name == constraint or ".managed." in name:
        raise GoogleError("INVALID_ARGUMENT", f"Request contains an invalid argument: {constraint!r}.")
    rules = call.state.rules.org_policies.get(name, {}).get("rules", [])
    answer: Json = {"constraint": constraint}
    for rule in rules:
        if "enforce" in rule:
            answer["booleanPolicy"] = {"enforced": rule["enforce"]}
        else:
            answer["listPolicy"] = rule.get("values") or {"allValues": "DENY" if rule.get("denyAll") else "ALLOW"}
    return answer if rules else {**answer, "listPolicy": {"allValues": "ALLOW"}}


def resource(project: Project) -> Json:
    return {
        "projectId": project.project_id,
        "projectNumber": project.number,
        "name": project.name,
        "lifecycleState": project.state,
        "createTime": project.created,
        **({"labels": project.labels} if project.labels else {}),
    }


for _path in (PROJECT, PROJECT_V3):
    add_iam_routes(API, _path, "resourcemanager.projects", lambda call: call.project, read_method="POST")
