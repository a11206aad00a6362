"""Cloud Build v1: triggers, builds that are looked at, and who builds by default. Nothing is built here.

https://cloud.google.com/build/docs/api/reference/rest/v1/projects.locations.triggers
"""

import uuid

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.operation_routes import poll
from standins.google.control_plane.framework.pages import page
from standins.google.control_plane.state.projects import now
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("cloudbuild.googleapis.com")
LOCATION = "/v1/projects/{project}/locations/{region}"
TRIGGERS = LOCATION + "/triggers"
TRIGGER = TRIGGERS + "/{trigger}"
SOURCES = ("github", "triggerTemplate", "repositoryEventConfig", "sourceToBuild", "pubsubConfig", "webhookConfig")


class Triggers(dict[str, Json]):
    """By id; each has its resource name."""


@API.get(LOCATION + "/defaultServiceAccount", permission="cloudbuild.builds.get")
def default_service_account(call: Call) -> Json:
    number, region = call.project.number, call.path["region"]
    email = f"{number}-compute@developer.gserviceaccount.com"
    return {
        "name": f"projects/{number}/locations/{region}/defaultServiceAccount",
        "serviceAccountEmail": f"projects/{number}/serviceAccounts/{email}",
    }


@API.get(TRIGGERS, permission="cloudbuild.builds.list")
def list_triggers(call: Call) -> Json:
    prefix = f"{_parent(call)}/"
    found = [trigger for trigger in call.state.part(Triggers).values() if trigger["resourceName"].startswith(prefix)]
    return page(found, "triggers", call)


@API.get(TRIGGER, permission="cloudbuild.builds.get")
def get_trigger(call: Call) -> Json:
    return _found(call)


@API.post(TRIGGERS, permission="cloudbuild.builds.create")
def create_trigger(call: Call) -> Json:
    given = _checked(call, call.json())
    if any(trigger.get("name") == given.get("name") for trigger in call.state.part(Triggers).values()):
        raise GoogleError("ALREADY_EXISTS", "already exists")
    trigger_id = str(uuid.uuid4())
    name = f"{_parent(call)}/triggers/{trigger_id}"
    trigger = {**given, "id": trigger_id, "resourceName": name, "createTime": now()}
    call.state.part(Triggers)[trigger_id] = trigger
    return trigger


@API.patch(TRIGGER, permission="cloudbuild.builds.update")
def update_trigger(call: Call) -> Json:
    trigger = _found(call)
    trigger.update(_checked(call, {**trigger, **call.json()}))
    return trigger


@API.delete(TRIGGER, permission="cloudbuild.builds.update")
def delete_trigger(call: Call) -> Json:
    del call.state.part(Triggers)[_found(call)["id"]]
    return {}


@API.get(LOCATION + "/builds", permission="cloudbuild.builds.list")
def list_builds(call: Call) -> Json:  # noqa: ARG001 - none ran
    return {}


@API.get(LOCATION + "/builds/{build}", permission="cloudbuild.builds.get")
def get_build(call: Call) -> Json:
    raise GoogleError("NOT_FOUND", f"Requested entity was not found: {call.path['build']}")


API.get(LOCATION + "/operations/{operation}")(poll)


def _parent(call: Call) -> str:
    return f"{call.project.resource}/locations/{call.path['region']}"


def _found(call: Call) -> Json:
    """By id or by name, as Google takes both."""
    wanted = call.path["trigger"]
    for trigger in call.state.part(Triggers).values():
        if wanted in (trigger["id"], trigger.get("name")) and trigger["resourceName"].startswith(_parent(call)):
            return trigger
    raise GoogleError("NOT_FOUND", f'trigger "{wanted}" was not found')


def _checked(call: Call, given: Json) -> Json:
    account = given.get("serviceAccount", "").rpartition("/")[2]
    if account:
        call.state.accounts.check_member(account)
    if sum(source in given for source in SOURCES) != 1:
        raise GoogleError("INVALID_ARGUMENT", "a trigger needs one source: a repository or an event")
    return given
