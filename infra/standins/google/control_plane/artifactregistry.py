"""Artifact Registry v1: repositories."""

from standins.google.control_plane import operations
from standins.google.control_plane.api import Api, Call, Json
from standins.google.control_plane.etags import changed
from standins.google.control_plane.iam_routes import add_iam_routes
from standins.google.control_plane.pages import page
from standins.google.control_plane.projects import now
from standins.google.control_plane.resources import Resources
from standins.google.errors import GoogleError

API = Api("artifactregistry.googleapis.com")
LOCATION = "/v1/projects/{project}/locations/{location}"
REPOSITORIES = LOCATION + "/repositories"
REPOSITORY = REPOSITORIES + "/{repository}"
TYPE = "type.googleapis.com/google.devtools.artifactregistry.v1."


class Repositories(Resources):
    """By name."""


def found(call: Call) -> Json:
    return call.plane.part(Repositories).find(f"{parent(call)}/repositories/{call.path['repository']}")


def parent(call: Call) -> str:
    return f"{call.project.resource}/locations/{call.path['location']}"


@API.post(REPOSITORIES, permission="artifactregistry.repositories.create", billed=True)
def create_repository(call: Call) -> Json:
    given, name = call.json(), f"{parent(call)}/repositories/{call.query.get('repositoryId', '')}"
    if given.get("format") in (None, "FORMAT_UNSPECIFIED"):
        raise GoogleError("INVALID_ARGUMENT", "The repository's format is required.")
    if name in call.plane.part(Repositories):
        raise GoogleError("ALREADY_EXISTS", "the repository already exists")
    repository = {**given, "name": name, "createTime": now(), "updateTime": now(), "mode": "STANDARD_REPOSITORY"}
    call.plane.part(Repositories)[name] = repository
    return _started(call, {"@type": f"{TYPE}Repository", **repository})


@API.get(REPOSITORIES, permission="artifactregistry.repositories.list")
def list_repositories(call: Call) -> Json:
    return page(call.plane.part(Repositories).below(parent(call)), "repositories", call)


@API.get(REPOSITORY, permission="artifactregistry.repositories.get")
def get_repository(call: Call) -> Json:
    return found(call)


@API.patch(REPOSITORY, permission="artifactregistry.repositories.update")
def update_repository(call: Call) -> Json:
    repository = found(call)
    repository.update(changed(repository, call.json(), call.query.get("updateMask", "*")), updateTime=now())
    return repository


@API.delete(REPOSITORY, permission="artifactregistry.repositories.delete")
def delete_repository(call: Call) -> Json:
    del call.plane.part(Repositories)[found(call)["name"]]
    return _started(call, {"@type": "type.googleapis.com/google.protobuf.Empty"})


API.get(f"{LOCATION}/operations/{{operation}}")(operations.poll)
add_iam_routes(API, REPOSITORY, "artifactregistry.repositories", found)


def _started(call: Call, response: Json) -> Json:
    metadata = {"@type": f"{TYPE}OperationMetadata"}
    return call.plane.operations.start(
        parent(call), call.plane.rules.polls, response=response, metadata=metadata, prefix=""
    ).resource()
