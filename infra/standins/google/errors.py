"""Errors in the shape of Google's newer APIs: {"error": {"code", "message", "status", "details"}}."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from standins.error_answer import error_answer

HTTP_STATUSES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
}


class GoogleError(Exception):
    """A request the service refuses; `status` is one of google.rpc.Code's names."""

    def __init__(self, status: str, message: str, details: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = HTTP_STATUSES[status]
        self.message = message
        self.details = list(details)

    def body(self) -> dict[str, Any]:
        """What google.rpc.Status is within a failed operation: {"code", "message", "status", "details"}."""
        details = {"details": self.details} if self.details else {}
        return {"code": self.code, "message": self.message, "status": self.status, **details}

    def answer(self) -> web.Response:
        return web.json_response({"error": self.body()}, status=self.code)


@web.middleware
async def errors_as_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except GoogleError as error:
        return error.answer()
    except web.HTTPException as refusal:
        return error_answer(refusal.status, f"This stand-in has no {request.method} {request.path}")
