"""An HTTP status as the JSON that Google's newer APIs answer: the stand-ins' own refusals have this shape too."""

from aiohttp import web

STATUS_NAMES = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 405: "NOT_FOUND"} | {
    401: "UNAUTHENTICATED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def error_answer(code: int, message: str) -> web.Response:
    """The answer for an HTTP status alone: an armed fault, a path that is not there, a request that may not be made."""
    status = STATUS_NAMES.get(code, "UNKNOWN")
    return web.json_response({"error": {"code": code, "message": message, "status": status}}, status=code)
