"""Cloud Storage: the stand-in that the functions have, with projects, policies, and names that others own."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from standins.google import storage as google_storage
from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.enforcement import Demand, enforce_in_project
from standins.google.control_plane.state.policies import EVERYBODY, EtagMismatch
from standins.google.control_plane.state.request_log import Logged
from standins.google.control_plane.state.state import State
from standins.google.errors import GoogleError
from standins.google.storage import buckets, objects, resumable, uploads
from standins.google.storage.errors import REASONS, condition_not_met, error_answer, error_body
from standins.google.storage.store import Bucket, Store
from standins.values import Json

SERVICE = "storage.googleapis.com"
BUCKETS = "/storage/v1/b"
BUCKET = BUCKETS + "/{bucket}"
PUBLIC_IS_PREVENTED = (
    "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is enforced."
)


def store_of(state: State) -> Store:
    """All buckets: `.bucket(name).record()`, `.content(name)`, `.records()`."""
    return Store(state.bucket_folder)


class Storage(Api):
    """The existing application, over `state.bucket_folder`."""

    def mount(self, state: State) -> web.Application:
        def number_of(project: str) -> str:
            if not project:
                raise GoogleError("INVALID_ARGUMENT", "Required parameter: project")
            return state.project(project).number

        return google_storage.create_app(state.bucket_folder, number_of=number_of)

    @property
    def mounted(self) -> Mapping[Handler, Demand]:
        def demand(permission: str, *, write: bool = False, billed: bool = False) -> Demand:
            return Demand(SERVICE, self.always_on, write, f"storage.{permission}", billed)

        return {
            buckets.buckets_list: demand("buckets.list"),
            buckets.buckets_insert: demand("buckets.create", write=True, billed=True),
            buckets.buckets_get: demand("buckets.get"),
            buckets.buckets_patch: demand("buckets.update", write=True, billed=True),
            buckets.buckets_delete: demand("buckets.delete", write=True),
            uploads.objects_insert: demand("objects.create", write=True, billed=True),
            resumable.objects_resume: demand("objects.create", write=True, billed=True),
            resumable.objects_cancel: demand("objects.create"),
            objects.objects_list: demand("objects.list"),
            objects.objects_get: demand("objects.get", billed=True),
            objects.objects_patch: demand("objects.update", write=True, billed=True),
            objects.objects_delete: demand("objects.delete", write=True),
        }

    def enforce(self, state: State, demand: Demand, path: Mapping[str, str], entry: Logged) -> None:
        name = path.get("bucket")
        if name in state.rules.taken_buckets:
            raise GoogleError(
                "PERMISSION_DENIED", f"The caller does not have {demand.permission} access to the bucket {name}."
            )
        store = store_of(state)
        if name is None:
            self._enforce_for_creation(state, demand, entry)
        elif store.has(name):
            enforce_in_project(state, demand, state.project(store.bucket(name).record().project_number), entry.path)

    def _enforce_for_creation(self, state: State, demand: Demand, entry: Logged) -> None:
        if named := entry.query.get("project"):
            enforce_in_project(state, demand, state.project(named), entry.path)
        if entry.method == "POST" and isinstance(entry.body, dict):
            place = str(entry.body.get("location", "US"))
            if not state.rules.allows_location(place):
                text = f"'{place.lower()}' violates constraint 'constraints/gcp.resourceLocations'"
                raise GoogleError("FAILED_PRECONDITION", text)
        if isinstance(entry.body, dict) and entry.body.get("name") in state.rules.taken_buckets:
            raise GoogleError(
                "ALREADY_EXISTS",
                "The requested bucket name is not available. The bucket namespace is shared by all users of the "
                "system. Please select a different name and try again.",
            )

    def done(self, state: State, entry: Logged) -> None:
        super().done(state, entry)
        if entry.method == "POST" and entry.path == BUCKETS:
            _grant_to_the_project(state, entry.body, state.project(entry.query["project"]).project_id)

    def refusal(self, error: GoogleError) -> web.Response:
        body = error_body(error.code, error.message, REASONS.get(error.code, "forbidden"))
        if error.details:
            body["error"] |= {"status": error.status, "details": error.details}
        return web.json_response(body, status=error.code)


API = Storage(SERVICE)


def found(call: Call) -> Bucket:
    return store_of(call.state).bucket(call.path["bucket"])


@API.get(f"{BUCKET}/iam", permission="storage.buckets.getIamPolicy")
def get_iam_policy(call: Call) -> Json | web.Response:
    if not store_of(call.state).has(call.path["bucket"]):
        return error_answer(404, "The specified bucket does not exist.")
    version = int(call.query.get("optionsRequestedPolicyVersion", "1"))
    return _policy(call, call.state.policies.of(f"b/{found(call).name}").resource(version))


@API.put(f"{BUCKET}/iam", permission="storage.buckets.setIamPolicy")
def set_iam_policy(call: Call) -> Json | web.Response:
    if not store_of(call.state).has(call.path["bucket"]):
        return error_answer(404, "The specified bucket does not exist.")
    given = {name: value for name, value in call.json().items() if name not in ("kind", "resourceId")}
    members = {member for binding in given.get("bindings", []) for member in binding.get("members", [])}
    if members & EVERYBODY and _public_access_is_prevented(found(call)):
        return error_answer(412, PUBLIC_IS_PREVENTED)
    try:
        return _policy(call, call.state.write_policy(f"b/{found(call).name}", given))
    except EtagMismatch:
        return error_answer(412, condition_not_met().message)


@API.get(f"{BUCKET}/iam/testPermissions")
def test_iam_permissions(call: Call) -> Json:
    denied = call.state.rules.denied_permissions
    have = [name for name in call.request.query.getall("permissions", []) if name not in denied]
    return {"kind": "storage#testIamPermissionsResponse", **({"permissions": have} if have else {})}


@API.get(f"{BUCKET}/storageLayout", permission="storage.objects.list")
def get_storage_layout(call: Call) -> Json | web.Response:
    if not store_of(call.state).has(call.path["bucket"]):
        return error_answer(404, "The specified bucket does not exist.")
    return {
        "kind": "storage#storageLayout",
        "bucket": found(call).name,
        "location": str(found(call).record().attributes.get("location", "US")).upper(),
        "hierarchicalNamespace": {"enabled": False},
    }


@API.get(f"{BUCKET}/managedFolders", permission="storage.managedFolders.list")
def list_managed_folders(_call: Call) -> Json:
    return {"kind": "storage#managedFolders"}


def _policy(call: Call, policy: Json) -> Json:
    return {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{call.path['bucket']}", **policy}


def _public_access_is_prevented(bucket: Bucket) -> bool:
    configuration = bucket.record().attributes.get("iamConfiguration") or {}
    return bool(configuration.get("publicAccessPrevention") == "enforced")


def _grant_to_the_project(state: State, bucket: Mapping[str, Any], project_id: str) -> None:
    """Who has a basic role on the project has these on a new bucket; under uniform access, on its objects too."""
    access = (bucket.get("iamConfiguration") or {}).get("uniformBucketLevelAccess") or {}
    for kind, role in (("Editor", "Owner"), ("Owner", "Owner"), ("Viewer", "Reader")):
        for what in ("Bucket", "Object") if access.get("enabled") else ("Bucket",):
            state.policies.grant(
                f"b/{bucket['name']}", f"roles/storage.legacy{what}{role}", f"project{kind}:{project_id}"
            )
