"""Errors in the shape of Google's newer APIs: {"error": {"code", "message", "status"}}."""

from aiohttp import web
from aiohttp.typedefs import Handler

HTTP_STATUSES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
}
STATUS_NAMES = {404: "NOT_FOUND", 405: "NOT_FOUND", 413: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED"} | {
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class SecretManagerError(Exception):
    """A request the service refuses; `status` is one of google.rpc.Code's names."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def error_answer(code: int, message: str) -> web.Response:
    """The answer for an HTTP status alone: an armed fault, or a path that is not there."""
    return _answer(code, message, STATUS_NAMES.get(code, "UNKNOWN"))


def _answer(code: int, message: str, status: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message, "status": status}}, status=code)


@web.middleware
async def errors_as_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except SecretManagerError as error:
        return _answer(HTTP_STATUSES[error.status], error.message, error.status)
    except web.HTTPException as refusal:
        return error_answer(refusal.status, f"This stand-in has no {request.method} {request.path}")
