"""Resources that are plain JSON: their etags, and what an update with a mask changes."""

import base64
import re
from copy import deepcopy
from itertools import count

from standins.google.errors import GoogleError
from standins.values import Json

_changes = count(1)


def new_etag() -> str:
    return base64.b64encode(b"\x05" + next(_changes).to_bytes(8, "big")).decode()


def check_etag(resource: Json, given: Json) -> None:
    """Refuse a change of another state than the caller has seen. gcloud writes bytes in the URL-safe alphabet."""
    etag = given.get("etag")
    if etag and etag.replace("-", "+").replace("_", "/") != resource.get("etag"):
        raise GoogleError("ABORTED", "The etag does not match: the resource was changed meanwhile.")


def changed(resource: Json, given: Json, mask: str) -> Json:
    """`resource` with the fields that `mask` names ("a,b.c" in either spelling; "*" is all) as they are in `given`."""
    if mask in ("", "*"):
        return {**given, "name": resource.get("name", given.get("name"))}
    result = deepcopy(resource)
    for path in mask.split(","):
        _copy(result, given, [_camel(part) for part in path.split(".")])
    return result


def _copy(target: Json, given: Json, path: list[str]) -> None:
    name, *rest = path
    if rest and isinstance(given.get(name), dict):
        _copy(target.setdefault(name, {}), given[name], rest)
    elif name in given and not rest:
        target[name] = given[name]
    elif not rest:
        target.pop(name, None)


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)
