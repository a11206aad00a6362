"""firebase.json, read strictly: a key that is not implemented here is refused, with file and key."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standins.hosting.globs import UnsupportedGlob, compile_glob, normalized

Headers = tuple[tuple[str, str], ...]


class FirebaseConfigError(Exception):
    """firebase.json asks for something the stand-in does not do, or names a service it was not given."""


@dataclass(frozen=True)
class Rewrite:
    """Requests that match go to a Cloud Run service."""

    pattern: re.Pattern[str]
    service: str
    url: str


@dataclass(frozen=True)
class HeaderRule:
    pattern: re.Pattern[str]
    headers: Headers


@dataclass(frozen=True)
class Site:
    """One site: these four decide what Hosting does with a request."""

    public: Path
    ignore: tuple[re.Pattern[str], ...]
    rewrites: tuple[Rewrite, ...]
    header_rules: tuple[HeaderRule, ...]

    def rewrite(self, path: str) -> Rewrite | None:
        """The first rewrite whose glob matches the request's path."""
        return next((rule for rule in self.rewrites if rule.pattern.fullmatch(normalized(path))), None)

    def headers(self, path: str) -> Headers:
        """All headers of all rules that match, in order: a later one overrides an earlier one."""
        matching = [rule for rule in self.header_rules if rule.pattern.fullmatch(normalized(path))]
        return tuple(header for rule in matching for header in rule.headers)

    def is_deployed(self, relative: str) -> bool:
        """False for files that `firebase deploy` would leave out."""
        return not any(pattern.fullmatch("/" + relative) for pattern in self.ignore)


def load_site(firebase_json: Path, services: Mapping[str, str], replacements: Mapping[str, str]) -> Site:
    """Read the file. `services`: Cloud Run service id -> base URL; `replacements`: text in header values -> text."""
    try:
        return _site(json.loads(firebase_json.read_text()), firebase_json.parent, services, replacements)
    except (_Problem, UnsupportedGlob, json.JSONDecodeError) as problem:
        raise FirebaseConfigError(f"{firebase_json}: {problem}") from None


class _Problem(ValueError):
    """A problem, and its place in the file."""


def _site(config: Any, folder: Path, services: Mapping[str, str], replacements: Mapping[str, str]) -> Site:
    root = _fields(config, "the file", {"hosting": dict, "$schema": str}, required=("hosting",))
    hosting = _fields(
        root["hosting"],
        "hosting",
        {"public": str, "ignore": list, "rewrites": list, "headers": list},
        required=("public",),
    )
    return Site(
        public=folder / hosting["public"],
        ignore=tuple(compile_glob(glob, dot=True) for glob in hosting.get("ignore", [])),
        rewrites=tuple(
            _rewrite(entry, f"hosting.rewrites[{number}]", services)
            for number, entry in enumerate(hosting.get("rewrites", []))
        ),
        header_rules=tuple(
            _header_rule(entry, f"hosting.headers[{number}]", replacements)
            for number, entry in enumerate(hosting.get("headers", []))
        ),
    )


def _rewrite(entry: Any, place: str, services: Mapping[str, str]) -> Rewrite:
    rewrite = _fields(entry, place, {"source": str, "run": dict}, required=("source", "run"))
    # pinTag says which revision answers once it is deployed; as the emulator, we have one of each service.
    fields = {"serviceId": str, "region": str, "pinTag": bool}
    run = _fields(rewrite["run"], f"{place}.run", fields, required=("serviceId",))
    service = run["serviceId"]
    if service not in services:
        known = ", ".join(sorted(services)) or "none"
        raise _Problem(f"{place}.run.serviceId names the service {service!r}, which does not run here; known: {known}")
    return Rewrite(compile_glob(rewrite["source"]), service, services[service].rstrip("/"))


def _header_rule(entry: Any, place: str, replacements: Mapping[str, str]) -> HeaderRule:
    rule = _fields(entry, place, {"source": str, "headers": list}, required=("source", "headers"))
    headers = []
    for number, given in enumerate(rule["headers"]):
        header = _fields(given, f"{place}.headers[{number}]", {"key": str, "value": str}, required=("key", "value"))
        value = header["value"]
        for old, new in replacements.items():
            value = value.replace(old, new)
        headers.append((header["key"], value))
    return HeaderRule(compile_glob(rule["source"]), tuple(headers))


def _fields(value: Any, place: str, types: Mapping[str, type], required: tuple[str, ...]) -> dict[str, Any]:
    """`value` as an object that has the required keys, no others than known, and their types."""
    if not isinstance(value, dict):
        raise _Problem(f"{place} is not an object")
    if unknown := sorted(value.keys() - types.keys()):
        raise _Problem(f"{place} uses {', '.join(unknown)}, which the Hosting stand-in does not implement")
    for key in required:
        if key not in value:
            raise _Problem(f"{place} has no {key}")
    for key, found in value.items():
        if not isinstance(found, types[key]):
            raise _Problem(f"{place}.{key} is not a {types[key].__name__}")
    return value
