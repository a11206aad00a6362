"""From an uploaded source to an image and a container: what Cloud Build and Cloud Run check on the way."""

import io
import zipfile

from standins.google.control_plane.apis.artifactregistry import Repositories
from standins.google.control_plane.framework.api import Call
from standins.google.errors import GoogleError
from standins.values import Json

REQUIRED_FILES = ("main.py", "requirements.txt")
DEFAULTS = {"availableMemory": "256Mi", "availableCpu": "1", "timeoutSeconds": 60, "maxInstanceRequestConcurrency": 1}


def build(call: Call, said: Json, source: bytes) -> str:
    """The image's name. Raises GoogleError with what the deployment's operation then says."""
    _check_source(source)
    _check_place(call)
    builder = said["buildConfig"].get("serviceAccount", "").rpartition("/")[2]
    repository = said["buildConfig"].get("dockerRepository", "")
    _check_builder(call, builder, repository)
    for volume in said["serviceConfig"].get("secretVolumes", []):
        _check_secret(call, volume["secret"], said["serviceConfig"]["serviceAccountEmail"])
    return f"us-docker.pkg.dev/{repository or 'gcf-artifacts'}/image:latest"


def _check_source(source: bytes) -> None:
    try:
        names = set(zipfile.ZipFile(io.BytesIO(source)).namelist())
    except zipfile.BadZipFile:
        raise GoogleError("INVALID_ARGUMENT", "The source is not a zip file.") from None
    for name in REQUIRED_FILES:
        if name not in names:
            raise GoogleError("INVALID_ARGUMENT", f"Build failed: missing {name} in the root of the source.")


def _check_place(call: Call) -> None:
    if call.path["region"] in call.state.rules.unbuildable_regions:
        raise GoogleError(
            "FAILED_PRECONDITION",
            "failed precondition: due to quota restrictions, cannot run builds in this region. Please contact support",
        )


def _check_builder(call: Call, account: str, repository: str) -> None:
    """A builder may write logs and images; without these roles the build begins and fails."""
    member = f"serviceAccount:{account}"
    if call.state.rules.fresh_builds:
        call.state.rules.fresh_builds -= 1
        raise GoogleError(
            "PERMISSION_DENIED",
            f"Build failed with status: FAILURE. {account} does not have storage.objects.get access to the Google "
            "Cloud Storage object. Permission 'storage.objects.get' denied on resource (or it may not exist).",
        )
    project = call.state.policies.bindings_of(call.project.resource)
    if repository not in call.state.part(Repositories):
        raise GoogleError("NOT_FOUND", f'Repository "{repository.rpartition("/")[2]}" not found')
    of_repository = call.state.policies.bindings_of(repository)
    may_log = ("roles/logging.logWriter", member, None) in project
    may_push = ("roles/artifactregistry.writer", member, None) in of_repository | project
    may_read = any(role.startswith("roles/storage.object") for role, holder, _ in project if holder == member)
    if not (may_log and may_push and may_read):
        raise GoogleError(
            "FAILED_PRECONDITION",
            "Build failed with status: FAILURE. Could not build the function due to a missing permission on the build "
            f"service account {account}. See https://cloud.google.com/functions/docs/troubleshooting#build-service-account",
        )


def _check_secret(call: Call, secret: str, account: str) -> None:
    resource = f"{call.project.resource}/secrets/{secret.rpartition('/')[2]}"
    grants = call.state.policies.bindings_of(resource) | call.state.policies.bindings_of(call.project.resource)
    if ("roles/secretmanager.secretAccessor", f"serviceAccount:{account}", None) not in grants:
        raise GoogleError(
            "PERMISSION_DENIED",
            f"Could not create or update Cloud Run service. Permission denied on secret: {resource}/versions/latest "
            f"for Revision service account {account}. The service account used must be granted the 'Secret Manager "
            "Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project or higher level.",
        )


def container_template(said: Json, image: str) -> Json:
    """Knative's RevisionTemplate of a function."""
    service: Json = {**DEFAULTS, **said["serviceConfig"]}
    variables = {**service.get("environmentVariables", {}), "LOG_EXECUTION_ID": "true"}
    scale = {
        "autoscaling.knative.dev/maxScale": service.get("maxInstanceCount"),
        "autoscaling.knative.dev/minScale": service.get("minInstanceCount"),
    }
    annotations = {name: str(count) for name, count in scale.items() if count}
    container = {
        "image": image,
        "ports": [{"name": "http1", "containerPort": 8080}],
        "env": [{"name": name, "value": value} for name, value in sorted(variables.items())],
        "resources": {"limits": {"cpu": service["availableCpu"], "memory": service["availableMemory"]}},
    }
    spec = {
        "containerConcurrency": service["maxInstanceRequestConcurrency"],
        "timeoutSeconds": service["timeoutSeconds"],
        "serviceAccountName": service["serviceAccountEmail"],
        "containers": [container],
    }
    return {"metadata": {"annotations": annotations}, "spec": spec}
