"""Service Usage v1: which APIs are enabled in a project."""

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.operation_routes import poll
from standins.google.control_plane.framework.pages import page
from standins.google.control_plane.state.projects import Project
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("serviceusage.googleapis.com", always_on=True)
SERVICES = "/v1/projects/{project}/services"
SERVICE = SERVICES + "/{service}"
MAX_BATCH = 20
TYPE = "type.googleapis.com/google.api.serviceusage.v1."
# Those of which Google says so when billing is off: what they start costs money.
BILLABLE = frozenset(
    f"{name}.googleapis.com"
    for name in ("artifactregistry", "cloudbuild", "cloudfunctions", "cloudtasks", "compute", "run", "secretmanager")
)
# Services that no module here answers for, and that a project may have all the same.
OTHERS = frozenset(
    f"{name}.googleapis.com"
    for name in (
        "bigquery",
        "cloudaicompanion",
        "cloudapis",
        "cloudbuild",
        "cloudfunctions",
        "compute",
        "containerregistry",
        "eventarc",
        "fcm",
        "firebase",
        "firebasehosting",
        "iamcredentials",
        "pubsub",
        "run",
        "servicemanagement",
        "storage-api",
        "storage-component",
    )
)


@API.get(SERVICES, permission="serviceusage.services.list")
def list_services(call: Call) -> Json:
    wanted = call.query.get("filter", "state:ENABLED").replace("=", ":").removeprefix("state:")
    if wanted not in ("ENABLED", "DISABLED"):
        raise GoogleError("INVALID_ARGUMENT", f"The filter {call.query['filter']!r} is not valid.")
    found = [resource(call.project, name) for name in sorted(known(call))]
    return page([service for service in found if service["state"] == wanted], "services", call, max_size=200)


@API.get(SERVICE, permission="serviceusage.services.get")
def get_service(call: Call) -> Json:
    return resource(call.project, checked(call, call.path["service"]))


@API.get(f"{SERVICES}:batchGet", permission="serviceusage.services.get")
def batch_get(call: Call) -> Json:
    names = [name.rpartition("/")[2] for name in call.request.query.getall("names")]
    return {"services": [resource(call.project, checked(call, name)) for name in names]}


@API.post(f"{SERVICE}:enable", permission="serviceusage.services.enable")
def enable(call: Call) -> Json:
    name = call.path["service"]
    _enable(call, [name])
    return _started(call, f"{TYPE}EnableServiceResponse", {"service": resource(call.project, name)})


@API.post(f"{SERVICES}:batchEnable", permission="serviceusage.services.enable")
def batch_enable(call: Call) -> Json:
    names = call.json().get("serviceIds", [])
    if not 1 <= len(names) <= MAX_BATCH:
        raise GoogleError("INVALID_ARGUMENT", f"1 to {MAX_BATCH} services can be enabled at once, not {len(names)}.")
    _enable(call, names)
    services = [resource(call.project, name) for name in names]
    return _started(call, f"{TYPE}BatchEnableServicesResponse", {"services": services})


@API.post(f"{SERVICE}:disable", permission="serviceusage.services.disable")
def disable(call: Call) -> Json:
    name = checked(call, call.path["service"])
    call.project.services.pop(name, None)
    return _started(call, f"{TYPE}DisableServiceResponse", {"service": resource(call.project, name)})


API.get("/v1/operations/{operation}")(poll)


def known(call: Call) -> frozenset[str]:
    return OTHERS | call.services


def checked(call: Call, name: str) -> str:
    if name not in known(call):
        raise GoogleError("PERMISSION_DENIED", f"Not found or permission denied for service(s): {name}.")
    return name


def resource(project: Project, name: str) -> Json:
    return {
        "name": f"projects/{project.number}/services/{name}",
        "config": {"name": name, "title": f"{name.split('.')[0]} API"},
        "parent": f"projects/{project.number}",
        "state": "ENABLED" if name in project.services else "DISABLED",
    }


def _enable(call: Call, names: list[str]) -> None:
    project = call.project
    for name in names:
        checked(call, name)
    unpaid = sorted(set(names) & BILLABLE)
    if unpaid and project.billing_account is None:
        raise _billing_needed(project, unpaid)
    for name in names:
        project.services.setdefault(name, call.state.rules.unseen_services)


def _billing_needed(project: Project, services: list[str]) -> GoogleError:
    violation = {
        "type": "googleapis.com/billing-enabled",
        "subject": f"?error_code=390001&project={project.number}&services={'&services='.join(services)}",
        "description": f"Billing account for project '{project.number}' is not found. Billing must be enabled for "
        f"activation of service(s) '{','.join(services)}' to proceed.",
    }
    return GoogleError(
        "FAILED_PRECONDITION",
        violation["description"],
        [{"@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": [violation]}],
    )


def _started(call: Call, answer_type: str, response: Json) -> Json:
    return call.state.operations.start(
        "",
        call.state.rules.polls,
        response={"@type": answer_type, **response},
        metadata={"@type": f"{TYPE}OperationMetadata", "resourceNames": [f"projects/{call.project.number}"]},
        prefix="acat.p2-",
    ).resource()
