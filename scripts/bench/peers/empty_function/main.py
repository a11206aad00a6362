"""The floor: a function that does nothing, under the same framework as ours."""

import functions_framework
from flask import Request


@functions_framework.http
def empty(_request: Request) -> dict[str, str]:
    return {}
