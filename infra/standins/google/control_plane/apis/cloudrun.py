"""Cloud Run's admin API v1: services and revisions as Knative has them, and who may invoke them."""

from copy import deepcopy
from typing import Any

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.iam_routes import add_iam_routes
from standins.google.control_plane.state.run_services import Revision, Service, Services
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("run.googleapis.com", "run.googleapis.com", "*-run.googleapis.com")
SERVICES = "/v1/projects/{project}/locations/{region}/services"
SERVICE = SERVICES + "/{service}"
KNATIVE = "/apis/serving.knative.dev/v1/namespaces/{project}"
KNOWN_TARGET = frozenset({"revisionName", "latestRevision", "percent", "tag"})


def region_of(call: Call) -> str:
    """From the path, or from the regional host: us-central1-run.googleapis.com."""
    return call.path.get("region") or call.host.removesuffix("-run.googleapis.com")


def find(call: Call) -> Service:
    return call.state.part(Services).find(call.project, region_of(call), call.path["service"])


@API.get(SERVICE, permission="run.services.get")
@API.get(KNATIVE + "/services/{service}", permission="run.services.get")
def get_service(call: Call) -> Json:
    return find(call).resource()


@API.get(SERVICES, permission="run.services.list")
@API.get(KNATIVE + "/services", permission="run.services.list")
def list_services(call: Call) -> Json:
    project_id = call.project.project_id
    region = None if call.host == "run.googleapis.com" and "region" not in call.path else region_of(call)
    found = [
        service.resource()
        for service in call.state.part(Services).values()
        if service.project_id == project_id and region in (None, "-", service.region)
    ]
    return {"apiVersion": "serving.knative.dev/v1", "kind": "ServiceList", "metadata": {}, "items": found}


@API.put(SERVICE, permission="run.services.update")
@API.put(KNATIVE + "/services/{service}", permission="run.services.update")
def replace_service(call: Call) -> Json:
    """Traffic, annotations, and a new revision where the template is another."""
    service, given = find(call), call.json()
    metadata, spec = given.get("metadata", {}), given.get("spec", {})
    version = metadata.get("resourceVersion")
    if version is not None and version != service.resource_version:
        raise GoogleError("ABORTED", f"Conflict for resource '{service.name}': version '{version}' was specified.")
    template = spec.get("template", {})
    named = template.get("metadata", {}).pop("name", None)
    changed = _says(template) != _says(service.latest.template)
    if named in service.revisions and (changed or named != service.latest.name):
        raise GoogleError("ALREADY_EXISTS", f"Revision named '{named}' with different configuration already exists.")
    traffic = [{key: value for key, value in target.items() if key in KNOWN_TARGET} for target in spec["traffic"]]
    service.set_traffic(traffic)
    service.annotations = {**service.annotations, **metadata.get("annotations", {})}
    if changed:
        service.add_revision({**template, "metadata": template.get("metadata", {})}, service.latest.code)
    else:
        service.generation += 1
    return service.resource()


@API.delete(SERVICE, permission="run.services.delete")
@API.delete(KNATIVE + "/services/{service}", permission="run.services.delete")
def delete_service(call: Call) -> Json:
    service = find(call)
    del call.state.part(Services)[(service.project_id, service.region, service.name)]
    return {"kind": "Status", "status": "Success", "apiVersion": "v1"}


@API.get(KNATIVE + "/revisions", permission="run.revisions.list")
def list_revisions(call: Call) -> Json:
    """Newest first; labelSelector=serving.knative.dev/service=NAME chooses a service's."""
    wanted = call.query.get("labelSelector", "").partition("serving.knative.dev/service=")[2].split(",")[0].strip()
    found = [
        revision_resource(service, revision)
        for service in call.state.part(Services).values()
        if service.project_id == call.project.project_id and service.region == region_of(call)
        for revision in reversed(service.revisions.values())
        if wanted in ("", service.name)
    ]
    return {"apiVersion": "serving.knative.dev/v1", "kind": "RevisionList", "metadata": {}, "items": found}


@API.get(KNATIVE + "/revisions/{revision}", permission="run.revisions.get")
def get_revision(call: Call) -> Json:
    for service in call.state.part(Services).values():
        revision = service.revisions.get(call.path["revision"])
        if revision and (service.project_id, service.region) == (call.project.project_id, region_of(call)):
            return revision_resource(service, revision)
    raise GoogleError("NOT_FOUND", f"Resource '{call.path['revision']}' of kind 'REVISION' does not exist")


def revision_resource(service: Service, revision: Revision) -> Json:
    metadata: Json = {
        "name": revision.name,
        "namespace": service.number,
        "uid": revision.uid,
        "generation": 1,
        "creationTimestamp": revision.created,
        "labels": {"serving.knative.dev/service": service.name, "cloud.googleapis.com/location": service.region},
        "annotations": dict(revision.template.get("metadata", {}).get("annotations", {})),
    }
    status = {
        "observedGeneration": 1,
        "conditions": [{"type": "Ready", "status": "True"}],
        "imageDigest": revision.container["image"],
    }
    spec = deepcopy(revision.template["spec"])
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Revision",
        "metadata": metadata,
        "spec": spec,
        "status": status,
    }


def _says(template: Json) -> Any:
    """What makes a revision another one: not its name, nor who asked for it."""
    annotations = template.get("metadata", {}).get("annotations", {})
    scaling = {name: value for name, value in annotations.items() if name.startswith("autoscaling.")}
    return [template.get("spec"), scaling]


add_iam_routes(API, SERVICE, "run.services", find)
add_iam_routes(API, "/v2/projects/{project}/locations/{region}/services/{service}", "run.services", find)
