"""Firebase Management v1beta1: makes a Google Cloud project a Firebase project, which Hosting needs."""

from typing import TYPE_CHECKING

from standins.google.control_plane import operations
from standins.google.control_plane.api import Api, Call, Json
from standins.google.control_plane.hosting_sites import Sites
from standins.google.control_plane.projects import Project
from standins.google.errors import GoogleError

if TYPE_CHECKING:
    from standins.google.control_plane.plane import ControlPlane

API = Api("firebase.googleapis.com")
PROJECT = "/v1beta1/projects/{project}"
DEBUG = "type.googleapis.com/google.rpc.DebugInfo"
TYPE = "type.googleapis.com/google.firebase.service.management.v1beta1."
ENABLED_WITH_IT = ("firebase.googleapis.com", "firebasehosting.googleapis.com")


class FirebaseProjects(set[str]):
    """Ids of the projects that Firebase was added to."""


@API.get("/v1beta1/projects", permission="firebase.projects.get")
def list_projects(call: Call) -> Json:
    added = [call.plane.project(project_id) for project_id in sorted(call.plane.part(FirebaseProjects))]
    return {"results": [resource(call.plane, project) for project in added]} if added else {}


@API.get("/v1beta1/availableProjects")
def available_projects(call: Call) -> Json:
    free = [project for name, project in call.plane.projects.items() if name not in call.plane.part(FirebaseProjects)]
    infos = [{"project": project.resource, "displayName": project.name} for project in free]
    return {"projectInfo": infos} if infos else {}


@API.get(PROJECT, permission="firebase.projects.get")
def get_project(call: Call) -> Json:
    if call.project.project_id not in call.plane.part(FirebaseProjects):
        raise GoogleError("NOT_FOUND", "Requested entity was not found.")
    return resource(call.plane, call.project)


@API.post(PROJECT + ":addFirebase", permission="firebase.projects.update")
def add_firebase(call: Call) -> Json:
    project = call.project
    if project.project_id in call.plane.part(FirebaseProjects):
        raise GoogleError("ALREADY_EXISTS", "Requested entity already exists")
    if not call.plane.rules.terms_accepted:
        told = "[ORIGINAL ERROR] generic::permission_denied: Firebase Tos Not Accepted"
        raise GoogleError(
            "PERMISSION_DENIED", "The caller does not have permission", [{"@type": DEBUG, "detail": told}]
        )
    call.plane.part(FirebaseProjects).add(project.project_id)
    for service in ENABLED_WITH_IT:
        project.services.setdefault(service, 0)
    call.plane.part(Sites).add_default(project, call.plane.rules.reserved_sites)
    return call.plane.operations.start(
        "",
        call.plane.rules.polls,
        response={"@type": f"{TYPE}FirebaseProject", **resource(call.plane, project)},
        prefix="",
    ).resource()


API.get("/v1beta1/operations/{operation}")(operations.poll)


def resource(plane: "ControlPlane", project: Project) -> Json:
    site = plane.part(Sites).default_of(project)
    return {
        "projectId": project.project_id,
        "projectNumber": project.number,
        "displayName": project.name,
        "name": project.resource,
        "resources": {"hostingSite": site.site_id} if site else {},
        "state": project.state,
        "etag": "1_00000000-0000-0000-0000-000000000000",
    }
