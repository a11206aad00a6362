"""Secret Manager v1 over REST, as google-cloud-secret-manager (transport="rest") and gcloud use it.

Secrets live in memory. Not there: IAM, rotation, customer-managed keys, regional secrets, filters.
https://cloud.google.com/secret-manager/docs/reference/rest
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from aiohttp import web

from standins.error_answer import error_answer
from standins.google.errors import GoogleError, errors_as_answers
from standins.google.faults import Faults
from standins.google.secret_manager.secrets import Secret, Secrets, Version, payload
from standins.guard import GUARD, Guard

SecretsOf = Callable[[str], Secrets]
SECRETS_OF = web.AppKey[SecretsOf]("secrets_of")
WRITABLE_FIELDS = ("annotations", "labels", "replication")
CHANGEABLE_FIELDS = frozenset({"annotations", "labels"})
STATES = {"enable": "ENABLED", "disable": "DISABLED", "destroy": "DESTROYED"}
MAX_PAGE_SIZE = 25_000
STATE_FILTER = re.compile(r'state\s*[=:]\s*"?(\w+)"?')
AS_A_BOOTSTRAP_MAKES_IT: Mapping[str, Any] = {
    "replication": {"automatic": {}},
    "labels": {"managed-by": "voicemint"},
}

COLLECTION = "/v1/projects/{project:[a-z0-9-]+}/secrets"
SECRET = COLLECTION + "/{secret:[A-Za-z0-9_-]+}"
VERSION = SECRET + "/versions/{version:[a-z0-9]+}"

T = TypeVar("T", Secret, Version)


def create_app(
    secrets: Mapping[str, bytes] | None = None,
    *,
    project: str = "voicemint-local",
    project_number: str = "100000000000",
) -> web.Application:
    """The secrets of one project. `secrets`: secret id -> the payload of its version 1."""
    kept = Secrets(project, project_number)
    for secret_id, data in (secrets or {}).items():
        kept.create(secret_id, AS_A_BOOTSTRAP_MAKES_IT).add_version(data, None)
    return create_app_of(lambda _: kept)


def create_app_of(secrets_of: SecretsOf) -> web.Application:
    """`secrets_of` finds the secrets of the project that a request names; it may raise GoogleError."""
    app = web.Application()
    Faults(error_answer).install(app)
    app.middlewares.append(errors_as_answers)
    app[GUARD] = Guard(closed=("/",))
    app[SECRETS_OF] = secrets_of
    app.add_routes(
        [
            web.get(COLLECTION, secrets_list),
            web.post(COLLECTION, secrets_create),
            web.get(SECRET, secrets_get),
            web.patch(SECRET, secrets_patch),
            web.delete(SECRET, secrets_delete),
            web.post(SECRET + ":addVersion", secrets_add_version),
            web.get(SECRET + "/versions", versions_list),
            web.get(VERSION, versions_get),
            web.get(VERSION + ":access", versions_access),
            web.post(VERSION + ":{verb:enable|disable|destroy}", versions_change),
        ]
    )
    return app


def _secrets(request: web.Request) -> Secrets:
    project = request.match_info["project"]
    secrets = request.app[SECRETS_OF](project)
    secrets.check_project(project)
    return secrets


def _secret(request: web.Request) -> Secret:
    return _secrets(request).get(request.match_info["secret"])


def _version(request: web.Request) -> Version:
    return _secret(request).version(request.match_info["version"])


async def secrets_list(request: web.Request) -> web.Response:
    if request.query.get("filter"):
        raise GoogleError("INVALID_ARGUMENT", "This stand-in does not implement filters of secrets.")
    return web.json_response(_page(_secrets(request).all(), "secrets", request.query))


async def secrets_create(request: web.Request) -> web.Response:
    body = await _json_object(request)
    fields = {name: body[name] for name in WRITABLE_FIELDS if name in body}
    if not fields.get("replication"):
        raise GoogleError("INVALID_ARGUMENT", "The Secret.replication field is required.")
    secret = _secrets(request).create(request.query.get("secretId", ""), fields)
    return web.json_response(secret.resource())


async def secrets_get(request: web.Request) -> web.Response:
    return web.json_response(_secret(request).resource())


async def secrets_patch(request: web.Request) -> web.Response:
    """The fields that the mask names; what was not given is cleared."""
    body, secret = await _json_object(request), _secret(request)
    mask = [name for name in request.query.get("updateMask", "").split(",") if name]
    if not mask or not set(mask) <= CHANGEABLE_FIELDS:
        raise GoogleError("INVALID_ARGUMENT", f"The update mask has to name some of {', '.join(CHANGEABLE_FIELDS)}.")
    secret.change({name: body.get(name) for name in mask}, body.get("etag"))
    return web.json_response(secret.resource())


async def secrets_delete(request: web.Request) -> web.Response:
    _secrets(request).delete(request.match_info["secret"], request.query.get("etag"))
    return web.json_response({})


async def secrets_add_version(request: web.Request) -> web.Response:
    given = (await _json_object(request)).get("payload")
    if not isinstance(given, dict):
        raise GoogleError("INVALID_ARGUMENT", "The payload field is required.")
    try:
        # Clients may send either alphabet.
        data = base64.b64decode(str(given.get("data", "")).replace("-", "+").replace("_", "/"), validate=True)
        checksum = int(given["dataCrc32c"]) if "dataCrc32c" in given else None
    except (binascii.Error, ValueError):
        raise GoogleError("INVALID_ARGUMENT", "payload.data or payload.dataCrc32c cannot be read.") from None
    return web.json_response(_secret(request).add_version(data, checksum).resource())


async def versions_list(request: web.Request) -> web.Response:
    versions = [version for version in _secret(request).versions[::-1] if _state_fits(version, request.query)]
    return web.json_response(_page(versions, "versions", request.query))


async def versions_get(request: web.Request) -> web.Response:
    return web.json_response(_version(request).resource())


async def versions_access(request: web.Request) -> web.Response:
    version = _version(request)
    return web.json_response({"name": version.name, "payload": payload(version.access())})


async def versions_change(request: web.Request) -> web.Response:
    version = _version(request)
    version.change(STATES[request.match_info["verb"]], (await _json_object(request)).get("etag"))
    return web.json_response(version.resource())


def _page(resources: Sequence[T], field: str, query: Mapping[str, str]) -> dict[str, Any]:
    """One page; the token is the position of the next one."""
    size, start = query.get("pageSize", "0"), query.get("pageToken", "0")
    if not (size.isdigit() and start.isdigit()):
        raise GoogleError("INVALID_ARGUMENT", "pageSize or pageToken is not valid.")
    first = int(start)
    end = first + (min(int(size), MAX_PAGE_SIZE) or MAX_PAGE_SIZE)
    return {
        **({field: [resource.resource() for resource in resources[first:end]]} if resources else {}),
        **({"nextPageToken": str(end)} if end < len(resources) else {}),
        **({"totalSize": len(resources)} if resources else {}),
    }


def _state_fits(version: Version, query: Mapping[str, str]) -> bool:
    """A filter that names one state is understood: state=ENABLED, state:ENABLED."""
    if not (asked := query.get("filter")):
        return True
    found = STATE_FILTER.fullmatch(asked)
    if found is None:
        raise GoogleError("INVALID_ARGUMENT", f"This stand-in does not implement the filter {asked!r}.")
    return version.state == found[1].upper()


async def _json_object(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise GoogleError("INVALID_ARGUMENT", "Invalid JSON payload received.")
    return body
