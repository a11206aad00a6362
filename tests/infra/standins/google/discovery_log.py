"""A log of requests and answers, held to Google's own description of its APIs.

Each request must be a method that Google has, with parameters and fields that Google knows; each answer must be as
Google describes it. What Google describes nowhere is listed here, with the reason.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from standins.google.control_plane.state.request_log import Logged

from .discovery import document, validator

REGION = re.compile(r"^[a-z]+-[a-z]+\d-")
# (host and path, why no discovery document has it)
UNDESCRIBED = (
    (r"^(oauth2|www)\.googleapis\.com/(token|oauth2/)", "signing in is OAuth, not an API of Google's own kind"),
    (r"^upload-firebasehosting\.googleapis\.com/upload/", "files of a site go to the address that populateFiles gave"),
    (r"^storage\.googleapis\.com/(?!(storage|upload|resumable|download|batch)/)", "signed addresses are the XML API's"),
    (r"^gcr\.io/v2/", "a registry speaks the OCI's protocol"),
    (r"\.(run|web|firebaseapp)\.app/|\.cloudfunctions\.net/", "what is deployed is no API of Google's"),
)
UPLOAD_PARAMETERS = frozenset({"uploadType", "upload_id"})
EVERYWHERE = frozenset({"$alt"})  # a system parameter, which Google's Python clients send: json;enum-encoding=int
PRIMITIVES = {"boolean": r"(?i)true|false", "integer": r"-?\d+"}


@dataclass(frozen=True)
class Method:
    """A method of one discovery document, and the addresses it has."""

    api: str
    described: Mapping[str, Any]
    addresses: tuple[re.Pattern[str], ...]

    def is_meant_by(self, entry: Logged) -> bool:
        if entry.method != self.described["httpMethod"]:
            return entry.method in ("PUT", "DELETE") and "upload_id" in entry.query and self._has(entry.path)
        return self._has(entry.path)

    def _has(self, path: str) -> bool:
        return any(address.fullmatch(path) for address in self.addresses)


def problems_of(log: Iterable[Logged]) -> list[str]:
    """What Google would not have understood, or not have said. Empty is as it must be."""
    return [problem for entry in log for problem in _problems(entry)]


def _problems(entry: Logged) -> Iterator[str]:
    if any(re.search(pattern, f"{entry.host}{entry.path}") for pattern, _ in UNDESCRIBED):
        return
    method = _method_of(entry)
    if method is None:
        yield f"{entry}: Google has no such method"
        return
    yield from (f"{entry}: {problem}" for problem in _query_problems(method, entry))
    yield from (f"{entry}: {problem}" for problem in _body_problems(method, entry))
    if entry.status:
        yield from (f"{entry}: {problem}" for problem in _answer_problems(method, entry))


def _method_of(entry: Logged) -> Method | None:
    found = (method for api in _apis(entry) for method in _methods(api) if method.is_meant_by(entry))
    return next(found, None)


def _apis(entry: Logged) -> list[str]:
    """The discovery documents to look into: "run.v1" for /apis/serving.knative.dev/v1/... and /v1/..."""
    service = REGION.sub("", entry.host).removesuffix(".googleapis.com")
    version = re.search(r"/(v\d\w*)(/|$)", entry.path)
    return [f"{service}.{version[1]}"] if version else []


@cache
def _methods(api: str) -> tuple[Method, ...]:
    try:
        described = document(api)
    except FileNotFoundError:
        return ()
    return tuple(_all_methods(api, described, f"/{described['servicePath']}"))


def _all_methods(api: str, described: Mapping[str, Any], base: str) -> Iterator[Method]:
    for method in described.get("methods", {}).values():
        yield Method(api, method, tuple(_address(path) for path in _paths(method, base)))
    for resource in described.get("resources", {}).values():
        yield from _all_methods(api, resource, base)


def _paths(method: Mapping[str, Any], base: str) -> Iterator[str]:
    path = base + method.get("flatPath", method["path"])
    yield path
    if method.get("supportsMediaDownload"):
        yield f"/download{path}"
    yield from (protocol["path"] for protocol in method.get("mediaUpload", {}).get("protocols", {}).values())


def _address(template: str) -> re.Pattern[str]:
    """{object} and {+name} may hold slashes; no name holds a colon, which begins a verb."""
    parts = re.split(r"(\{\+?\w+\})", template)
    return re.compile("".join(_part(part) for part in parts))


def _part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    return ".+" if part.startswith("{+") or part == "{object}" else "[^/:]+"


def _query_problems(method: Method, entry: Logged) -> Iterator[str]:
    known = {**document(method.api)["parameters"], **method.described.get("parameters", {})}
    for name, value in entry.query.items():
        if name in EVERYWHERE or (name in UPLOAD_PARAMETERS and "/upload/" in entry.path):
            continue
        parameter = known.get(name)
        if parameter is None or parameter.get("location") != "query":
            yield f"Google knows no parameter {name}"
        elif not re.fullmatch(PRIMITIVES.get(parameter["type"], ".*"), value, re.DOTALL):
            yield f"{name}={value} is no {parameter['type']}"
        elif "enum" in parameter and value not in parameter["enum"]:
            yield f"{name}={value} is none of {', '.join(parameter['enum'])}"
    required = [name for name, given in method.described.get("parameters", {}).items() if _is_required(given)]
    yield from (f"the parameter {name} is missing" for name in required if name not in entry.query)


def _is_required(parameter: Mapping[str, Any]) -> bool:
    return bool(parameter.get("required")) and parameter["location"] == "query"


def _body_problems(method: Method, entry: Logged) -> Iterator[str]:
    schema = method.described.get("request", {}).get("$ref")
    if not isinstance(entry.body, dict) or "/upload/" in entry.path:
        return
    if schema is None:
        if entry.body:
            yield "a body was sent; the method takes none"
        return
    yield from (f"body{problem}" for problem in _schema_problems(method.api, schema, entry.body, sent=True))


def _answer_problems(method: Method, entry: Logged) -> Iterator[str]:
    if entry.status >= 400:
        yield from _error_problems(entry)
        return
    schema = method.described.get("response", {}).get("$ref")
    if not isinstance(entry.answer, dict) or entry.query.get("alt") == "media":
        return
    if schema is None:
        yield "there is an answer; the method has none"
        return
    yield from (f"answer{problem}" for problem in _schema_problems(method.api, schema, entry.answer))
    yield from _result_problems(method.api, entry.answer.get("response"))


def _result_problems(api: str, result: Any) -> Iterator[str]:
    """What a finished operation holds says itself what it is."""
    if not isinstance(result, dict) or "@type" not in result:
        return
    schema = result["@type"].rpartition(".")[2]
    if schema in document(api)["schemas"]:
        value = {name: inner for name, inner in result.items() if name != "@type"}
        yield from (f"answer.response{problem}" for problem in _schema_problems(api, schema, value))


def _error_problems(entry: Logged) -> Iterator[str]:
    if entry.query.get("alt") == "media" or (entry.method == "DELETE" and entry.status == 499):
        return  # plain text, and nothing at all
    error = entry.answer.get("error") if isinstance(entry.answer, dict) else None
    if not isinstance(error, dict) or error.get("code") != entry.status or not isinstance(error.get("message"), str):
        yield "the error has not Google's shape"


def _schema_problems(api: str, schema: str, value: Any, *, sent: bool = False) -> tuple[str, ...]:
    return _problems_in(api, schema, json.dumps(value, sort_keys=True), sent=sent)


@lru_cache(maxsize=10_000)
def _problems_in(api: str, schema: str, text: str, *, sent: bool) -> tuple[str, ...]:
    """The same is said many times over: every look at a project lists all that is in it."""
    value = json.loads(text)
    errors = validator(api, schema, sent=sent).iter_errors(_without_nulls(value) if sent else value)
    return tuple(f"{error.json_path[1:]}: {error.message}" for error in errors)


def _without_nulls(value: Any) -> Any:
    """A field that is sent as null counts as not said: https://protobuf.dev/programming-guides/json, "null"."""
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value
