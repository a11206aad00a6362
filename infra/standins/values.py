"""The one name for what JSON objects are in Python."""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
