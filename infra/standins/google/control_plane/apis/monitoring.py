"""Cloud Monitoring: dashboards (v1), alert policies, notification channels and uptime checks (v3)."""

import random
from dataclasses import dataclass

from standins.google.control_plane.framework.api import Api, Call, CallHandler
from standins.google.control_plane.framework.pages import page
from standins.google.control_plane.state import resources
from standins.google.control_plane.state.etags import changed, check_etag, new_etag
from standins.google.control_plane.state.projects import now
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("monitoring.googleapis.com")


class Resources(resources.Resources):
    """By name: projects/NUMBER/dashboards/ID, projects/ID/alertPolicies/N, ..."""


@dataclass(frozen=True)
class Collection:
    """One kind of resource: all have the same five methods. `required`: fields without which none is made."""

    version: str
    name: str
    field: str
    permissions: str
    required: tuple[str, ...]
    etag: bool = False
    by_number: bool = False

    @property
    def path(self) -> str:
        return f"/{self.version}/projects/{{project}}/{self.name}"

    def parent(self, call: Call) -> str:
        project = call.project
        return f"projects/{project.number if self.by_number else project.project_id}/{self.name}"

    def find(self, call: Call) -> Json:
        return call.state.part(Resources).find(f"{self.parent(call)}/{call.path['resource']}")

    def create(self, call: Call) -> Json:
        given = call.json()
        self._check(call, given)
        own_id = str(given.get("name", "")).rpartition("/")[2] if self.etag else ""
        name = f"{self.parent(call)}/{own_id or random.randrange(10**18, 10**19)}"
        if name in call.state.part(Resources):
            raise GoogleError("ALREADY_EXISTS", f"{name} already exists.")
        made = {**self._defaults(), **given, "name": name, **self._recorded()}
        made |= {"etag": new_etag()} if self.etag else {}
        if call.query.get("validateOnly", "false").lower() != "true":
            call.state.part(Resources)[name] = made
        return made

    def list(self, call: Call) -> Json:
        found = call.state.part(Resources).below(self.parent(call))
        return page([item for item in found if _fits(item, call.query.get("filter", ""))], self.field, call)

    def get(self, call: Call) -> Json:
        return self.find(call)

    def update(self, call: Call) -> Json:
        resource, given = self.find(call), call.json()
        self._check(call, changed(resource, given, call.query.get("updateMask", "*")))
        if self.etag and not given.get("etag"):
            raise GoogleError("INVALID_ARGUMENT", "The etag of the dashboard is required to change it.")
        check_etag(resource, given)
        after = changed(resource, given, call.query.get("updateMask", "*"))
        resource.clear()
        resource.update({**self._defaults(), **after, **({"etag": new_etag()} if self.etag else {})})
        return resource

    def delete(self, call: Call) -> Json:
        del call.state.part(Resources)[self.find(call)["name"]]
        return {}

    def _check(self, call: Call, given: Json) -> None:
        missing = [field for field in self.required if not given.get(field)]
        if missing:
            raise GoogleError("INVALID_ARGUMENT", f"Field {missing[0]} is required.")
        for channel in given.get("notificationChannels", []):
            if channel not in call.state.part(Resources):
                raise GoogleError("NOT_FOUND", f"Notification channel {channel} does not exist.")

    def _recorded(self) -> Json:
        if self.name != "alertPolicies":
            return {}
        record = {"mutateTime": now(), "mutatedBy": "owner@example.com"}
        return {"creationRecord": record, "mutationRecord": record}

    def _defaults(self) -> Json:
        """A policy that does not say whether it is on is on."""
        return {"enabled": True} if self.name == "alertPolicies" else {}


COLLECTIONS = (
    Collection("v1", "dashboards", "dashboards", "monitoring.dashboards", ("displayName",), etag=True, by_number=True),
    Collection(
        "v3", "alertPolicies", "alertPolicies", "monitoring.alertPolicies", ("displayName", "conditions", "combiner")
    ),
    Collection(
        "v3", "notificationChannels", "notificationChannels", "monitoring.notificationChannels", ("type", "labels")
    ),
    Collection("v3", "uptimeCheckConfigs", "uptimeCheckConfigs", "monitoring.uptimeCheckConfigs", ("displayName",)),
)


def _register(collection: Collection) -> None:
    one = f"{collection.path}/{{resource}}"
    methods: list[tuple[str, str, str, CallHandler]] = [
        ("POST", collection.path, "create", collection.create),
        ("GET", collection.path, "list", collection.list),
        ("GET", one, "get", collection.get),
        ("PATCH", one, "update", collection.update),
        ("DELETE", one, "delete", collection.delete),
    ]
    for method, path, verb, handler in methods:
        API.route(method, path, permission=f"{collection.permissions}.{verb}")(handler)


for _collection in COLLECTIONS:
    _register(_collection)


def _fits(resource: Json, asked: str) -> bool:
    """display_name="..." is the one filter that is understood."""
    if not asked:
        return True
    field, equals, value = (part.strip() for part in asked.partition("="))
    if field not in ("display_name", "displayName") or not equals:
        raise GoogleError("INVALID_ARGUMENT", f"The filter {asked!r} is not understood by the local Google.")
    return bool(resource.get("displayName") == value.strip("'\""))
