"""Artifact Registry v1: repositories."""

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.iam_routes import add_iam_routes
from standins.google.control_plane.framework.operation_routes import poll
from standins.google.control_plane.framework.pages import page
from standins.google.control_plane.state.etags import changed
from standins.google.control_plane.state.projects import now
from standins.google.control_plane.state.resources import Resources
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("artifactregistry.googleapis.com")
LOCATION = "/v1/projects/{project}/locations/{location}"
REPOSITORIES = LOCATION + "/repositories"
REPOSITORY = REPOSITORIES + "/{repository}"
TYPE = "type.googleapis.com/google.devtools.artifactregistry.v1."


class Repositories(Resources):
    """By name."""


def found(call: Call) -> Json:
    return call.state.part(Repositories).find(f"{parent(call)}/repositories/{call.path['repository']}")


def parent(call: Call) -> str:
    return f"{call.project.resource}/locations/{call.path['location']}"


@API.post(REPOSITORIES, permission="artifactregistry.repositories.create", billed=True)
def create_repository(call: Call) -> Json:
    given, name = call.json(), f"{parent(call)}/repositories/{call.query.get('repositoryId', '')}"
    if given.get("format") in (None, "FORMAT_UNSPECIFIED"):
        raise GoogleError("INVALID_ARGUMENT", "The repository's format is required.")
    if name in call.state.part(Repositories):
        raise GoogleError("ALREADY_EXISTS", "the repository already exists")
    repository = {**given, "name": name, "createTime": now(), "updateTime": now(), "mode": "STANDARD_REPOSITORY"}
    call.state.part(Repositories)[name] = repository
    return _started(call, {"@type": f"{TYPE}Repository", **repository})


@API.get(REPOSITORIES, permission="artifactregistry.repositories.list")
def list_repositories(call: Call) -> Json:
    return page(call.state.part(Repositories).below(parent(call)), "repositories", call)


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
    del call.state.part(Repositories)[found(call)["name"]]
    return _started(call, {"@type": "type.googleapis.com/google.protobuf.Empty"})


API.get(f"{LOCATION}/operations/{{operation}}")(poll)
add_iam_routes(API, REPOSITORY, "artifactregistry.repositories", found)


def _started(call: Call, response: Json) -> Json:
    metadata = {"@type": f"{TYPE}OperationMetadata"}
    return call.state.operations.start(
        parent(call), call.state.rules.polls, response=response, metadata=metadata, prefix=""
    ).resource()
