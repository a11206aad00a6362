"""Secret Manager: the stand-in that the functions have, for every project, with policies."""

from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

from standins.google import secret_manager
from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.enforcement import Demand, enforce_location
from standins.google.control_plane.framework.iam_routes import add_iam_routes
from standins.google.control_plane.state.request_log import Logged
from standins.google.control_plane.state.state import State
from standins.google.secret_manager.secrets import Secret, Secrets

SERVICE = "secretmanager.googleapis.com"
SECRET = "/v1/projects/{project}/secrets/{secret}"  # noqa: S105


class SecretsByProject(dict[str, Secrets]):
    """By project id."""


def secrets_of(state: State, id_or_number: str) -> Secrets:
    """A project's secrets: `.get("openai-api-key").versions[-1].data`."""
    project = state.project(id_or_number)
    return state.part(SecretsByProject).setdefault(project.project_id, Secrets(project.project_id, project.number))


class SecretManager(Api):
    """The existing application; deleting works without billing. A secret without replicas of its own is `global`."""

    def enforce(self, state: State, demand: Demand, path: Mapping[str, str], entry: Logged) -> None:
        super().enforce(state, demand, path, entry)
        if demand.permission == "secretmanager.secrets.create" and isinstance(entry.body, dict):
            managed = entry.body.get("replication", {}).get("userManaged", {})
            places = [replica["location"] for replica in managed.get("replicas", [])] or ["global"]
            for place in places:
                enforce_location(state, state.project(path["project"]), "secret", place)

    def mount(self, state: State) -> web.Application:
        return secret_manager.create_app_of(lambda project: secrets_of(state, project))

    @property
    def mounted(self) -> Mapping[Handler, Demand]:
        def demand(permission: str, *, write: bool = False, billed: bool = True) -> Demand:
            return Demand(SERVICE, self.always_on, write, f"secretmanager.{permission}", billed)

        return {
            secret_manager.secrets_list: demand("secrets.list", billed=False),
            secret_manager.secrets_create: demand("secrets.create", write=True),
            secret_manager.secrets_get: demand("secrets.get", billed=False),
            secret_manager.secrets_patch: demand("secrets.update", write=True),
            secret_manager.secrets_delete: demand("secrets.delete", write=True, billed=False),
            secret_manager.secrets_add_version: demand("versions.add", write=True),
            secret_manager.versions_list: demand("versions.list", billed=False),
            secret_manager.versions_get: demand("versions.get", billed=False),
            secret_manager.versions_access: demand("versions.access"),
            secret_manager.versions_change: demand("versions.destroy", write=True, billed=False),
        }


def found(call: Call) -> Secret:
    return secrets_of(call.state, call.path["project"]).get(call.path["secret"])


API = SecretManager(SERVICE)
add_iam_routes(API, SECRET, "secretmanager.secrets", found)
