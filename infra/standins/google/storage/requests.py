"""What the handlers read from a request."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from standins.google.storage.errors import StorageError
from standins.google.storage.names import name_problem
from standins.google.storage.store import Bucket, Store

STORE = web.AppKey("store", Store)
NUMBER_OF = web.AppKey[Callable[[str], str]]("number_of")
JSON_API = ("/storage/", "/upload/storage/", "/resumable/upload/storage/", "/download/storage/")
# `fields` and `projection` only ask for less: the whole resource is a right answer to them. Managed folders and
# older versions, which gcloud wants to see if there are any, are never there.
PARAMETERS = frozenset(
    [
        "alt",
        "delimiter",
        "enableobjectretention",
        "endoffset",
        "fields",
        "generation",
        "ifgenerationmatch",
        "ifgenerationnotmatch",
        "ifmetagenerationmatch",
        "ifmetagenerationnotmatch",
        "includefoldersasprefixes",
        "maxresults",
        "name",
        "optionsrequestedpolicyversion",
        "pagesize",
        "pagetoken",
        "permissions",
        "prefix",
        "prettyprint",
        "project",
        "projection",
        "startoffset",
        "upload_id",
        "uploadtype",
        "userproject",
        "versions",
    ]
)


def bucket_of(request: web.Request) -> Bucket:
    return request.app[STORE].bucket(request.match_info["bucket"])


def project_number(request: web.Request) -> str:
    """Of the project that the request names."""
    return request.app[NUMBER_OF](request.query.get("project", ""))


def checked_name(name: Any) -> str:
    """An object name that Cloud Storage accepts."""
    if not isinstance(name, str) or not name:
        raise StorageError(400, "Required object name: give `name` in the query or in the object resource.")
    if problem := name_problem(name):
        raise StorageError(400, f"Disallowed unicode characters or length: the object name {problem}.")
    return name


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body; none at all is an empty object."""
    return parse_json_object(await request.read())


def parse_json_object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text or b"{}")
    except (ValueError, RecursionError):
        raise StorageError(400, "Parse Error: this is not JSON.", "parseError") from None
    if not isinstance(value, dict):
        raise StorageError(400, "Parse Error: this is not a JSON object.", "parseError")
    return value


@web.middleware
async def refuse_unknown_parameters(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A parameter we do not act on is refused, so that no test passes because it was ignored."""
    unknown = sorted({name.lower() for name in request.query} - PARAMETERS)
    if unknown and request.path.startswith(JSON_API):
        raise StorageError(400, f"This stand-in does not implement the parameter {', '.join(unknown)}.")
    return await handler(request)
