"""Cloud Functions v2: what `gcloud functions` asks. A deployed function is a revision that runs: serving/revisions.py.

https://cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions
"""

import uuid
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from standins.google.control_plane.apis.function_builds import build, container_template
from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.iam_routes import granted
from standins.google.control_plane.framework.operation_routes import poll
from standins.google.control_plane.framework.pages import page
from standins.google.control_plane.state.projects import now
from standins.google.control_plane.state.run_services import Code, Service, Services
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("cloudfunctions.googleapis.com")
UPLOADS = Api("storage.googleapis.com", always_on=True)
LOCATION = "/v2/projects/{project}/locations/{region}"
FUNCTIONS = LOCATION + "/functions"
FUNCTION = FUNCTIONS + "/{function}"
TYPE = "type.googleapis.com/google.cloud.functions.v2."
RUNTIMES = ("python311", "python312", "python313", "python314", "nodejs22")
ANY_REGION = "-"
MAX_LABEL = 63


@dataclass
class Function:
    """`said` is what was asked for; `failed` the sentence of a deployment that did not come to its end."""

    said: Json
    source: bytes
    failed: str = ""
    created: str = field(default_factory=now)
    updated: str = field(default_factory=now)


class Functions(dict[str, Function]):
    """By name: projects/P/locations/R/functions/F."""


class Uploads(dict[str, bytes]):
    """Sources by bucket/object; none before it is uploaded."""


@API.get(FUNCTION, permission="cloudfunctions.functions.get")
def get_function(call: Call) -> Json:
    return resource(call, name_of(call), found(call))


@API.get(FUNCTIONS, permission="cloudfunctions.functions.list")
def list_functions(call: Call) -> Json:
    prefix, region = f"{call.project.resource}/locations/", call.path["region"]
    names = [name for name in call.state.part(Functions) if name.startswith(prefix)]
    chosen = [name for name in names if region in (ANY_REGION, name.split("/")[3])]
    return page([resource(call, name, call.state.part(Functions)[name]) for name in chosen], "functions", call)


@API.get("/v1/projects/{project}/locations/{region}/functions", permission="cloudfunctions.functions.list")
def list_first_generation(call: Call) -> Json:  # noqa: ARG001 - there are none
    return {}


@API.get(LOCATION + "/runtimes", permission="cloudfunctions.runtimes.list")
def list_runtimes(call: Call) -> Json:
    stages = dict.fromkeys(RUNTIMES, "GA") | call.state.rules.runtime_stages
    return {
        "runtimes": [
            {"name": name, "displayName": name, "environment": "GEN_2", "stage": stage}
            for name, stage in stages.items()
        ]
    }


@API.post(FUNCTIONS + ":generateUploadUrl", permission="cloudfunctions.functions.sourceCodeSet", read=True)
def generate_upload_url(call: Call) -> Json:
    bucket = f"gcf-v2-uploads-{call.project.number}-{call.path['region']}"
    name = f"{uuid.uuid4()}.zip"
    signature = "GoogleAccessId=service&Expires=1&Signature=made-up"
    return {
        "uploadUrl": f"https://storage.googleapis.com/{bucket}/{name}?{signature}",
        "storageSource": {"bucket": bucket, "object": name},
    }


@UPLOADS.route("PUT", "/{bucket}/{object}", read=True)
def upload(call: Call) -> web.Response:
    """What the signed URL allows. It is no write of ours: only a deployment gives it a meaning."""
    if "Signature" not in call.query:
        raise GoogleError("PERMISSION_DENIED", "Access denied: the URL is not signed.")
    call.state.part(Uploads)[f"{call.path['bucket']}/{call.path['object']}"] = call.body
    return web.Response()


@API.post(FUNCTIONS, permission="cloudfunctions.functions.create", billed=True)
def create_function(call: Call) -> Json:
    call_name = call.query.get("functionId", "")
    name = f"{call.project.resource}/locations/{call.path['region']}/functions/{call_name}"
    if name in call.state.part(Functions):
        raise GoogleError("ALREADY_EXISTS", f"Resource '{name}' already exists")
    said = checked(call, call.json())
    function = Function(said, uploaded(call, said))
    call.state.part(Functions)[name] = function
    return _deploy(call, name, function, "CREATE_FUNCTION")


@API.patch(FUNCTION, permission="cloudfunctions.functions.update", billed=True)
def update_function(call: Call) -> Json:
    function, given = found(call), checked(call, call.json())
    said = deepcopy(function.said)
    for path in filter(None, call.query.get("updateMask", "").split(",")):
        _copy_field(_camel(path), given, said)
    function.source = uploaded(call, said) if "source" in given.get("buildConfig", {}) else function.source
    function.said, function.updated = said, now()
    return _deploy(call, name_of(call), function, "UPDATE_FUNCTION")


@API.delete(FUNCTION, permission="cloudfunctions.functions.delete")
def delete_function(call: Call) -> Json:
    name = name_of(call)
    found(call)
    del call.state.part(Functions)[name]
    service = call.state.part(Services).pop((call.project.project_id, call.path["region"], call.path["function"]), None)
    if service is not None:
        call.state.policies.drop(service.resource_name)
    return _started(call, name, "DELETE_FUNCTION", {"@type": "type.googleapis.com/google.protobuf.Empty"})


API.get(LOCATION + "/operations/{operation}", permission="cloudfunctions.operations.get")(poll)
API.post(FUNCTION + ":testIamPermissions", read=True)(granted)


def name_of(call: Call) -> str:
    return f"{call.project.resource}/locations/{call.path['region']}/functions/{call.path['function']}"


def found(call: Call) -> Function:
    name = name_of(call)
    if name not in call.state.part(Functions):
        raise GoogleError("NOT_FOUND", f"Resource '{name}' was not found")
    return call.state.part(Functions)[name]


def checked(call: Call, given: Json) -> Json:
    """What Google refuses at once: the rest is found out while it deploys."""
    service, build_config = given.get("serviceConfig", {}), given.get("buildConfig", {})
    for account in (service.get("serviceAccountEmail"), build_config.get("serviceAccount", "").rpartition("/")[2]):
        if account:
            call.state.accounts.check_member(account)
            _check_acts_as(call, account)
    for value in given.get("labels", {}).values():
        if len(value) > MAX_LABEL or value != value.lower():
            raise GoogleError("INVALID_ARGUMENT", f"The label value '{value}' is not valid.")
    return given


def _check_acts_as(call: Call, account: str) -> None:
    if "iam.serviceAccounts.actAs" in call.state.rules.denied_permissions:
        raise GoogleError(
            "PERMISSION_DENIED",
            f"Caller is missing permission 'iam.serviceaccounts.actAs' on service account {account}. Grant the role "
            "'roles/iam.serviceAccountUser' to the caller on the service account.",
        )


def uploaded(call: Call, said: Json) -> bytes:
    at = said["buildConfig"]["source"]["storageSource"]
    source = call.state.part(Uploads).get(f"{at['bucket']}/{at['object']}")
    if source is None:
        raise GoogleError("INVALID_ARGUMENT", f"The source gs://{at['bucket']}/{at['object']} does not exist.")
    return source


def service_of(call: Call, name: str) -> Service | None:
    _, project_id, _, region, _, function = name.split("/")
    return call.state.part(Services).get((project_id, region, function))


def resource(call: Call, name: str, function: Function) -> Json:
    """google.cloud.functions.v2.Function as it is read."""
    answer = deepcopy(function.said)
    region, function_id = name.split("/")[3], name.split("/")[5]
    answer["buildConfig"] |= {
        "build": f"projects/{call.project.number}/locations/{region}/builds/{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "dockerRegistry": "ARTIFACT_REGISTRY",
        "sourceProvenance": {"resolvedStorageSource": answer["buildConfig"]["source"]["storageSource"]},
    }
    answer |= {
        "name": name,
        "environment": "GEN_2",
        "state": "FAILED" if function.failed else "ACTIVE",
        "createTime": function.created,
        "updateTime": function.updated,
        "url": f"https://{region}-{call.project.project_id}.cloudfunctions.net/{function_id}",
    }
    if function.failed:
        answer["stateMessages"] = [{"severity": "ERROR", "type": "CloudRunFailure", "message": function.failed}]
    service = service_of(call, name)
    if service is not None and service.revisions:
        answer["serviceConfig"] |= {
            "service": service.resource_name,
            "uri": service.url,
            "revision": service.latest.name,
            "allTrafficOnLatestRevision": service.all_traffic_on_latest,
        }
    return answer


def _deploy(call: Call, name: str, function: Function, kind: str) -> Json:
    """Build it and make it a revision; what keeps it from that is told by the operation."""
    try:
        image = build(call, function.said, function.source)
    except GoogleError as error:
        function.failed = error.message
        return _started(call, name, kind, {}, error)
    foreign = service_of(call, name)
    if kind == "CREATE_FUNCTION" and foreign is not None:
        function.failed = (
            f"Could not create Cloud Run service {foreign.name}. A Cloud Run service with this name already exists. "
            "Please redeploy the function with a different name."
        )
        return _started(call, name, kind, {}, GoogleError("ALREADY_EXISTS", function.failed))
    function.failed = ""
    service = call.state.part(Services).get_or_make(call.project, name.split("/")[3], name.split("/")[5])
    service.labels = {"goog-managed-by": "cloudfunctions", **function.said.get("labels", {})}
    if function.said["serviceConfig"].get("allTrafficOnLatestRevision"):
        service.traffic = [{"latestRevision": True, "percent": 100}]
    volumes = tuple(function.said["serviceConfig"].get("secretVolumes", ()))
    code = Code(function.source, function.said["buildConfig"]["entryPoint"], volumes, call.project.project_id)
    service.add_revision(container_template(function.said, image), code)
    return _started(call, name, kind, {"@type": f"{TYPE}Function", **resource(call, name, function)})


def _started(call: Call, name: str, kind: str, response: Json, error: GoogleError | None = None) -> Json:
    stages = [{"name": stage, "state": "COMPLETE"} for stage in ("BUILD", "SERVICE")]
    metadata = {
        "@type": f"{TYPE}OperationMetadata",
        "apiVersion": "v2",
        "createTime": now(),
        "operationType": kind,
        "stages": [] if kind == "DELETE_FUNCTION" else stages,
        "target": name,
        "verb": kind.partition("_")[0].lower(),
    }
    parent = "/".join(name.split("/")[:4])
    polls = call.state.rules.polls
    return call.state.operations.start(
        parent, polls, response=response, metadata=metadata, error=error, prefix="operation-"
    ).resource()


def _camel(path: str) -> list[str]:
    """service_config.environment_variables, as gcloud writes a mask."""
    return ["".join([word if not n else word.capitalize() for n, word in enumerate(part.split("_"))])
            for part in path.split(".")]  # fmt: skip


def _copy_field(path: list[str], given: Mapping[str, Any], said: dict[str, Any]) -> None:
    """Set what the mask names to what was given; what was not given is cleared."""
    *outer, last = path
    for part in outer:
        given, said = given.get(part, {}), said.setdefault(part, {})
    if last in given:
        said[last] = deepcopy(given[last])
    else:
        said.pop(last, None)
