"""Google's own description of its APIs, as JSON schemas that an answer must satisfy.

google-api-python-client carries the discovery documents; they describe every method's answer.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
from aiohttp import web
from aiohttp.typedefs import Handler
from jsonschema.protocols import Validator

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?"
# JSON has no 64-bit numbers and no bytes: Google writes them as text.
TEXT_FORMATS = {
    "int64": r"-?\d+",
    "uint64": r"\d+",
    "byte": r"(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2}==|[A-Za-z0-9+/_-]{3}=)?",
    "date-time": f"{TIME}Z",
    "google-datetime": f"{TIME}Z",
}
# Google answers in UTC, and takes an offset too, which is how gcloud writes UTC.
SENT_FORMATS = {**TEXT_FORMATS, **dict.fromkeys(("date-time", "google-datetime"), rf"{TIME}(Z|[+-]\d\d:\d\d)")}


@cache
def document(api: str) -> dict[str, Any]:
    """The discovery document of `api`, e.g. "storage.v1"."""
    folder = files("googleapiclient") / "discovery_cache" / "documents"
    loaded: dict[str, Any] = json.loads((folder / f"{api}.json").read_text())
    return loaded


@cache
def validator(api: str, schema: str, *, sent: bool = False) -> Validator:
    """Checks an answer against one schema: types, formats, and no field that the schema does not name.

    sent: checks what is sent to Google.
    """
    definitions = _definitions(api, sent=sent)
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{schema}", "$defs": definitions})


@cache
def _definitions(api: str, *, sent: bool) -> dict[str, Any]:
    formats = SENT_FORMATS if sent else TEXT_FORMATS
    return {name: _strict(given, formats) for name, given in document(api)["schemas"].items()}


def _strict(schema: Any, formats: Mapping[str, str]) -> Any:
    """A discovery schema as a JSON schema."""
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    strict: dict[str, Any] = {key: schema[key] for key in ("type", "enum", "const") if key in schema}
    if schema.get("type") == "any":
        del strict["type"]
    if schema.get("format") in formats and schema["type"] == "string":
        strict["pattern"] = f"^{formats[schema['format']]}$"
    if "items" in schema:
        strict["items"] = _strict(schema["items"], formats)
    if schema.get("type") == "object":
        strict["properties"] = {name: _strict(given, formats) for name, given in schema.get("properties", {}).items()}
        more = schema.get("additionalProperties")
        strict["additionalProperties"] = _strict(more, formats) if more else False
    return strict


def response_schema(api: str, operation: str) -> str | None:
    """The schema a method answers with; `operation` is our handler's name: objects_insert, secrets_add_version."""
    resource, *words = operation.split("_")
    method = words[0] + "".join(word.capitalize() for word in words[1:])
    described: dict[str, Any] = _resources(document(api))[resource]["methods"][method]
    answer: dict[str, str] = described.get("response", {})
    return answer.get("$ref")


def _resources(described: dict[str, Any]) -> dict[str, Any]:
    """All resources by name, nested ones too; an inner one of the same name is the regional twin."""
    found: dict[str, Any] = {}
    for name, resource in described.get("resources", {}).items():
        found = {**_resources(resource), **found} if name == "locations" else {**found, **_resources(resource)}
        found.setdefault(name, resource)
    return found


def hold_to_schemas(app: web.Application, api: str) -> list[str]:
    """Check every JSON answer that `app` gives; what is wrong is collected in the list returned."""
    problems: list[str] = []

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if isinstance(response, web.Response) and response.content_type == "application/json":
            problems.extend(_problems(api, _operation(request), response))
        return response

    app.middlewares.append(check)
    return problems


def _operation(request: web.Request) -> str:
    name = request.match_info.handler.__name__
    return f"versions_{request.match_info['verb']}" if name == "versions_change" else name


def _problems(api: str, operation: str, response: web.Response) -> list[str]:
    if operation.startswith("_") or not isinstance(response.body, bytes):
        return []
    # A finished resumable upload answers as an insert does; discovery does not list the session's requests.
    schema = response_schema(api, operation.replace("objects_resume", "objects_insert"))
    if schema is None:
        return [f"{operation}: answers with JSON; Google's has no body"]
    errors = validator(api, schema).iter_errors(json.loads(response.body))
    return [f"{operation}: {error.json_path}: {error.message}" for error in errors]
