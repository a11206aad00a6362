"""What OpenAI's refusals mean, over HTTP and at the opening of a WebSocket: one of our errors each.

A word in the body says more than the status: 429 is a moment's rate, or an account that pays nothing. The word is
`error.code` or, where that is null, `error.type`.
"""

import json
from http import HTTPStatus

from voicemint.errors import (
    UpstreamBilling,
    UpstreamError,
    UpstreamForbidden,
    UpstreamInvalidAnswer,
    UpstreamKeyRejected,
    UpstreamModelNotFound,
    UpstreamQuota,
    UpstreamRateLimited,
    UpstreamRefused,
    UpstreamUnavailable,
)

MAX_WORD_CHARACTERS = 64
MAX_RETRY_AFTER_SECONDS = 3600

_BY_WORD: dict[str, type[UpstreamError]] = {
    "insufficient_quota": UpstreamQuota,
    "billing_hard_limit_reached": UpstreamQuota,
    "billing_not_active": UpstreamBilling,
}
_BY_STATUS: dict[int, type[UpstreamError]] = {
    HTTPStatus.UNAUTHORIZED: UpstreamKeyRejected,
    HTTPStatus.FORBIDDEN: UpstreamForbidden,
    HTTPStatus.NOT_FOUND: UpstreamModelNotFound,
    HTTPStatus.REQUEST_TIMEOUT: UpstreamUnavailable,
    HTTPStatus.CONFLICT: UpstreamUnavailable,
}


def refusal(status: int, body: bytes, retry_after: str = "") -> UpstreamError:
    """Which of our errors an answer that is no success means; `upstream_code` is OpenAI's own word for it."""
    words = error_words(body)
    of_word = next((_BY_WORD[word] for word in words if word in _BY_WORD), None)
    error = of_word() if of_word else _by_status(status, retry_after)
    error.upstream_code = next(iter(words), None)
    return error


def error_words(body: bytes) -> tuple[str, ...]:
    """`error.code` and `error.type` of OpenAI's error body, as far as they are there."""
    try:
        error = json.loads(body)["error"]
        words = (error.get("code"), error.get("type"))
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return ()
    return tuple(word[:MAX_WORD_CHARACTERS] for word in words if isinstance(word, str))


def _by_status(status: int, retry_after: str) -> UpstreamError:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return UpstreamRateLimited(retry_after_seconds=_seconds(retry_after))
    if status in _BY_STATUS:
        return _BY_STATUS[status]()
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        unavailable = UpstreamUnavailable()
        unavailable.nothing_was_done = status == HTTPStatus.SERVICE_UNAVAILABLE
        return unavailable
    return UpstreamRefused() if status >= HTTPStatus.BAD_REQUEST else UpstreamInvalidAnswer()


def _seconds(value: str) -> int | None:
    is_number = value.isascii() and value.isdigit() and len(value) < 10
    return min(int(value), MAX_RETRY_AFTER_SECONDS) if is_number else None
