"""Errors in the shape of Cloud Storage's JSON API: {"error": {"code", "message", "errors": [...]}}."""

from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

REASONS = {
    400: "invalid",
    404: "notFound",
    405: "methodNotAllowed",
    409: "conflict",
    412: "conditionNotMet",
    413: "uploadTooLarge",
    429: "rateLimitExceeded",
    503: "backendError",
}


class StorageError(Exception):
    """A request the service refuses: status, sentence, and Google's word for the reason."""

    def __init__(self, status: int, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.reason = reason or REASONS.get(status, "internalError")


class NotModified(Exception):
    """A read whose ...NotMatch condition says the caller has it already: 304, no body."""


def no_such_bucket() -> StorageError:
    return StorageError(404, "The specified bucket does not exist.")


def no_such_object(bucket: str, name: str) -> StorageError:
    return StorageError(404, f"No such object: {bucket}/{name}")


def condition_not_met() -> StorageError:
    return StorageError(412, "At least one of the pre-conditions you specified did not hold.")


def error_body(status: int, message: str, reason: str) -> dict[str, Any]:
    detail = {"message": message, "domain": "global", "reason": reason}
    if status == 412:
        detail |= {"locationType": "header", "location": "If-Match"}
    return {"error": {"code": status, "message": message, "errors": [detail]}}


def error_answer(status: int, message: str) -> web.Response:
    """The answer to a fault that a test armed."""
    return web.json_response(error_body(status, message, REASONS.get(status, "internalError")), status=status)


@web.middleware
async def errors_as_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals into Google's JSON; a failed download is plain text there, so here too."""
    try:
        return await handler(request)
    except NotModified:
        return web.Response(status=304)
    except web.HTTPRequestEntityTooLarge:
        error = StorageError(413, "This stand-in keeps objects of up to 64 MiB.")
    except web.HTTPException as refusal:
        error = StorageError(refusal.status, f"This stand-in has no {request.method} {request.path}")
    except StorageError as refusal:
        error = refusal
    if request.query.get("alt") == "media":
        return web.Response(status=error.status, text=error.message)
    return web.json_response(error_body(error.status, error.message, error.reason), status=error.status)
