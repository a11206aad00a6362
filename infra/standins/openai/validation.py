"""Strict parsing of what clients send: pydantic finds the fault, this module says it as OpenAI does."""

from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_serializer, model_validator
from pydantic_core import ErrorDetails

from standins.openai.errors import ApiError
from standins.values import Json

T = TypeVar("T")


class Strict(BaseModel):
    """Knows its keys, converts nothing. A null where null means nothing is read as "not given"."""

    model_config = ConfigDict(extra="forbid", strict=True)
    nullable: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or key in cls.nullable}


class Sparse(Strict):
    """A strict object whose echo leaves out what was not given."""

    @model_serializer(mode="wrap")
    def _without_nulls(self, serialize: Any) -> Json:
        return {key: value for key, value in serialize(self).items() if value is not None}


def parse(adapter: TypeAdapter[T], value: Any, at: str = "") -> T:
    """Validate `value`; the parameter names of a refusal start with `at`, e.g. `session`."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise _refusal(_most_specific(error), value, at) from None


def _most_specific(error: ValidationError) -> ErrorDetails:
    """Of the branches of a union, the one that came furthest is the one that was meant."""
    return max(error.errors(include_url=False), key=lambda detail: len(detail["loc"]))


def _refusal(detail: ErrorDetails, value: Any, at: str) -> ApiError:
    param = _param(detail, value, at)
    match detail["type"]:
        case "extra_forbidden":
            return ApiError("unknown_parameter", f"Unknown parameter: '{param}'.", param=param)
        case "missing" | "union_tag_not_found":
            message = f"Missing required parameter: '{param}'."
            return ApiError("missing_required_parameter", message, param=param)
        case _:
            return ApiError("invalid_value", f"Invalid value for '{param}': {detail['msg']}.", param=param)


def _param(detail: ErrorDetails, value: Any, at: str) -> str:
    """`session.audio.input…`, `item.content[0].text`: the path without pydantic's names of union branches."""
    path, here = at, value
    for step in detail["loc"]:
        if isinstance(step, int) and isinstance(here, list):
            path, here = f"{path}[{step}]", here[step]
        elif isinstance(here, dict) and step in here:
            path, here = _join(path, str(step)), here[step]
    if detail["type"] == "missing":
        return _join(path, str(detail["loc"][-1]))
    if detail["type"].startswith("union_tag"):
        return _join(path, _discriminator(detail))
    return path


def _discriminator(detail: ErrorDetails) -> str:
    return str(detail.get("ctx", {}).get("discriminator", "type")).strip("'")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
