"""Everything that can go wrong, and what a caller is told about it.

VoicemintError
├── SettingsError                    the process refuses to start
│   └── AgentFileError               an agent's file says what cannot be, and where
├── GoogleUnavailable                a Google service does not answer; who asked says which ApiError that is
└── ApiError                         answered as {"error": {"code", "message", "request_id"}}
    ├── InvalidRequest       400     ├── InvalidJson · UnknownField · UnknownAgent · UnknownVoice · InvalidOffer
    ├── SignedOut            401     nobody is signed in
    ├── InvalidSignature     401     OpenAI did not sign this webhook, or not now
    ├── CrossSite            403     another site's page sent it
    ├── NotFound             404
    ├── MethodNotAllowed     405
    ├── BodyTimeout          408     the body did not arrive in time
    ├── BodyTooLarge         413
    ├── UnsupportedMediaType 415
    ├── InvalidInvite        403     the link is not ours, expired, used or revoked
    ├── InvalidTicket        403     not a ticket that we gave to this person
    ├── CallTaken            403     the call is somebody else's
    ├── InProgress           409     the same webhook is being acted on
    ├── TooManyRequests      429     our own limit, for a moment
    ├── TooManyCalls         429     as many calls of this person go on as may at once
    ├── DailyLimitReached    429     our own limit, until tomorrow (UTC)
    ├── PersonDailyLimitReached 429  this person's share of it, until tomorrow (UTC)
    ├── MonthlyLimitReached  429     this person's own limit, until next month (UTC)
    ├── LogLimitReached      429     this person's bytes of log, until tomorrow (UTC)
    ├── LineBusy             429     the telephone's own limit: too many calls at once, or minutes of the day
    ├── Stopped              503     the owner stopped everything
    ├── ControlUnavailable   503     whether it is stopped cannot be read, so it counts as stopped
    ├── SignOutUnavailable   503     that a session has ended cannot be noted, so it has not
    ├── DeadlineUnavailable  503     nobody would end the call in time, so there is none
    ├── SecretUnavailable    503     the API key cannot be read, or is not a key
    ├── StorageUnavailable   503     the bucket did not confirm the write
    └── UpstreamError        502     OpenAI; each kind below is a different thing to do
        ├── UpstreamKeyRejected · UpstreamForbidden · UpstreamModelNotFound · UpstreamRefused
        ├── UpstreamRateLimited 503 · UpstreamQuota 503 · UpstreamBilling 503 · UpstreamTimeout 504
        └── UpstreamUnavailable · UpstreamInvalidAnswer

A message says what happened and what to do; it is fit to show to a person and never carries what a client or an
upstream sent, except names that were checked.
"""

from collections.abc import Iterable


class VoicemintError(Exception):
    """The root of the tree."""


class SettingsError(VoicemintError):
    """The environment or an agent's file is wrong; the sentence names what, and what was expected."""


class AgentFileError(SettingsError):
    """An agent's file is wrong at `key`: "agents/name.toml: " or, once the line is known, "agents/name.toml:7: "."""

    def __init__(self, file_name: str, key: str, sentence: str, line: int | None = None) -> None:
        self.file_name, self.key, self.sentence, self.line = file_name, key, sentence, line
        place = f":{line}" if line else ""
        super().__init__(f"agents/{file_name}{place}: {key}{sentence}")

    def at(self, line: int | None) -> "AgentFileError":
        return AgentFileError(self.file_name, self.key, self.sentence, line)


class GoogleUnavailable(VoicemintError):
    """A Google service did not answer, or not with what was asked for."""


class ApiError(VoicemintError):
    status = 500
    code = "internal"
    message = "Something went wrong on the server. Try again. If it keeps happening, give the owner the request id."

    def __init__(self, message: str | None = None, *, retry_after_seconds: int | None = None) -> None:
        self.message = message or type(self).message
        self.retry_after_seconds = retry_after_seconds
        super().__init__(self.message)

    @property
    def headers(self) -> dict[str, str]:
        """What the answer's headers say beside the body."""
        return {} if self.retry_after_seconds is None else {"Retry-After": str(self.retry_after_seconds)}


class InvalidRequest(ApiError):
    status, code = 400, "invalid_request"
    message = "The request does not have the expected form."


class InvalidJson(InvalidRequest):
    code = "invalid_json"
    message = "The body is not valid JSON."


class UnknownField(InvalidRequest):
    code = "unknown_field"
    message = "The body has an unknown field."


class UnknownAgent(InvalidRequest):
    code = "unknown_agent"
    message = "This agent does not exist. Reload the page to see the available agents."


class UnknownVoice(InvalidRequest):
    code = "unknown_voice"
    message = "This voice does not exist. Reload the page to see the available voices."


class InvalidOffer(InvalidRequest):
    code = "invalid_offer"
    message = "The body is not an SDP offer with audio."


class SignedOut(ApiError):
    status, code = 401, "signed_out"
    message = "You are not signed in. Ask the owner for a link."


class InvalidSignature(ApiError):
    status, code = 401, "invalid_signature"
    message = "The webhook's signature is not valid. scripts/phone.sh registers the endpoint and stores its secret."


class CrossSite(ApiError):
    status, code = 403, "cross_site"
    message = "Only the site's own page may send this request."


class NotFound(ApiError):
    status, code = 404, "not_found"
    message = "There is nothing at this address."


class MethodNotAllowed(ApiError):
    status, code = 405, "method_not_allowed"

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = ", ".join(allowed)
        super().__init__(f"This address accepts only {self._allowed}.")

    @property
    def headers(self) -> dict[str, str]:
        return {"Allow": self._allowed}


class BodyTimeout(ApiError):
    status, code = 408, "body_timeout"
    message = "The request's body did not arrive in time. Try again."


class BodyTooLarge(ApiError):
    status, code = 413, "body_too_large"
    message = "The body is too large."


class UnsupportedMediaType(ApiError):
    status, code = 415, "unsupported_media_type"
    message = "The body does not have the expected content type."


class TooManyRequests(ApiError):
    status, code = 429, "too_many_requests"
    message = "Too many requests. Wait a moment and try again."


class TooManyCalls(ApiError):
    status, code = 429, "too_many_calls"
    message = "You already have as many calls as you may have at once. End one of them, or try again in a moment."


class InvalidTicket(ApiError):
    status, code = 403, "invalid_ticket"
    message = "This ticket is not valid for you or this call. The call ends by itself at its deadline."


class CallTaken(ApiError):
    status, code = 403, "call_taken"
    message = "This call belongs to somebody else."


class InvalidInvite(ApiError):
    status, code = 403, "invalid_invite"
    message = "This link no longer works: each link works once, within a day. Ask the owner for a new one."


class AnotherPerson(ApiError):
    status, code = 409, "another_person"
    message = "A different person is signed in than the one this batch belongs to. It was not stored."


class InProgress(ApiError):
    status, code = 409, "in_progress"
    message = "This webhook is being processed. Deliver it again a little later."


class DailyLimitReached(ApiError):
    status, code = 429, "daily_limit_reached"
    message = "Today's calls are used up. The count starts again at midnight UTC. The owner can raise the limit."


class PersonDailyLimitReached(ApiError):
    status, code = 429, "person_daily_limit_reached"
    message = "Your share of today's calls is used up. It starts again at midnight UTC. The owner can raise it."


class MonthlyLimitReached(ApiError):
    status, code = 429, "monthly_limit_reached"
    message = (
        "Your minutes for this month are used up. They start again on the 1st (UTC). The owner can raise the limit."
    )


class LogLimitReached(ApiError):
    status, code = 429, "log_limit_reached"
    message = "You have reached today's limit for stored logs. Logging continues at midnight UTC."


class LineBusy(ApiError):
    status, code = 429, "line_busy"
    message = "The phone line takes no more calls now: there are too many at once, or today's minutes are used up."


class Stopped(ApiError):
    status, code = 503, "stopped"
    message = "The owner has stopped all calls. Ask the owner to resume them."


class ControlUnavailable(ApiError):
    status, code = 503, "control_unavailable"
    message = "The server cannot check whether calls are allowed, so it refuses them for now. Try again in a minute."


class SignOutUnavailable(ApiError):
    status, code = 503, "sign_out_unavailable"
    message = "You are still signed in: the server could not record your sign-out. Try again in a minute."


class DeadlineUnavailable(ApiError):
    status, code = 503, "leash_unavailable"
    message = "The server could not schedule the end of this call, so it did not start it. Try again in a minute."


class SecretUnavailable(ApiError):
    status, code = 503, "secret_unavailable"
    message = "The server cannot read one of its secrets. The function's log tells the owner which one."


class StorageUnavailable(ApiError):
    status, code = 503, "storage_unavailable"
    message = "The log could not be stored. It will be sent again."


class UpstreamError(ApiError):
    """`nothing_was_done` where OpenAI surely did nothing, so that even what costs money may be asked again.

    `upstream_code` is OpenAI's own word for it, where it said one.
    """

    status = 502
    nothing_was_done = False
    upstream_code: str | None = None


class UpstreamKeyRejected(UpstreamError):
    code = "upstream_key_rejected"
    message = "OpenAI rejected the owner's API key. The owner has to store a valid one."


class UpstreamForbidden(UpstreamError):
    code = "upstream_forbidden"
    message = "OpenAI does not allow this key, project or region to use the model. The owner has to enable it."


class UpstreamModelNotFound(UpstreamError):
    code = "upstream_model_not_found"
    message = "OpenAI does not know the agent's model. The owner has to choose a current one."


class UpstreamRefused(UpstreamError):
    code = "upstream_refused"
    message = "OpenAI rejected the agent's settings. The function's log tells the owner why."


class UpstreamUnavailable(UpstreamError):
    code = "upstream_unavailable"
    message = "OpenAI is not answering right now. Try again in a moment."


class UpstreamInvalidAnswer(UpstreamError):
    code = "upstream_invalid_answer"
    message = "The server could not understand OpenAI's answer. Try again in a moment."


class UpstreamRateLimited(UpstreamError):
    status, code = 503, "upstream_rate_limited"
    nothing_was_done = True
    message = "OpenAI is limiting how often calls may start. Wait a moment and try again."


class UpstreamQuota(UpstreamError):
    status, code = 503, "upstream_quota"
    message = "The owner's OpenAI credit is used up. The owner has to add credit or raise the spending limit."


class UpstreamBilling(UpstreamError):
    status, code = 503, "upstream_billing"
    message = "The owner's OpenAI account has no active billing. The owner has to set up billing at OpenAI."


class UpstreamTimeout(UpstreamError):
    status, code = 504, "upstream_timeout"
    message = "OpenAI took too long to answer. Try again in a moment."
