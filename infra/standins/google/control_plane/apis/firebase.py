"""Firebase Management v1beta1: makes a Google Cloud project a Firebase project, which Hosting needs."""

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.operation_routes import poll
from standins.google.control_plane.state.hosting_sites import Sites
from standins.google.control_plane.state.projects import Project
from standins.google.control_plane.state.state import State
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("firebase.googleapis.com")
PROJECT = "/v1beta1/projects/{project}"
DEBUG = "type.googleapis.com/google.rpc.DebugInfo"
TYPE = "type.googleapis.com/google.firebase.service.management.v1beta1."
ENABLED_WITH_IT = ("firebase.googleapis.com", "firebasehosting.googleapis.com")


class FirebaseProjects(set[str]):
    """Ids of the projects that Firebase was added to."""


@API.get("/v1beta1/projects", permission="firebase.projects.get")
def list_projects(call: Call) -> Json:
    added = [call.state.project(project_id) for project_id in sorted(call.state.part(FirebaseProjects))]
    return {"results": [resource(call.state, project) for project in added]} if added else {}


@API.get("/v1beta1/availableProjects")
def available_projects(call: Call) -> Json:
    free = [project for name, project in call.state.projects.items() if name not in call.state.part(FirebaseProjects)]
    infos = [{"project": project.resource, "displayName": project.name} for project in free]
    return {"projectInfo": infos} if infos else {}


@API.get(PROJECT, permission="firebase.projects.get")
def get_project(call: Call) -> Json:
    if call.project.project_id not in call.state.part(FirebaseProjects):
        raise GoogleError("NOT_FOUND", "Requested entity was not found.")
    return resource(call.state, call.project)


@API.post(PROJECT + ":addFirebase", permission="firebase.projects.update")
def add_firebase(call: Call) -> Json:
    project = call.project
    if project.project_id in call.state.part(FirebaseProjects):
        raise GoogleError("ALREADY_EXISTS", "Requested entity already exists")
    if not call.state.rules.terms_accepted:
        told = "[ORIGINAL ERROR] generic::permission_denied: Firebase Tos Not Accepted"
        raise GoogleError(
            "PERMISSION_DENIED", "The caller does not have permission", [{"@type": DEBUG, "detail": told}]
        )
    call.state.part(FirebaseProjects).add(project.project_id)
    for service in ENABLED_WITH_IT:
        project.services.setdefault(service, 0)
    call.state.part(Sites).add_default(project, call.state.rules.reserved_sites)
    return call.state.operations.start(
        "",
        call.state.rules.polls,
        response={"@type": f"{TYPE}FirebaseProject", **resource(call.state, project)},
        prefix="",
    ).resource()


API.get("/v1beta1/operations/{operation}")(poll)


def resource(state: State, project: Project) -> Json:
    site = state.part(Sites).default_of(project)
    return {
        "projectId": project.project_id,
        "projectNumber": project.number,
        "displayName": project.name,
        "name": project.resource,
        "resources": {"hostingSite": site.site_id} if site else {},
        "state": project.state,
        "etag": "1_00000000-0000-0000-0000-000000000000",
    }
