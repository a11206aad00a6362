"""The one shape in which the stand-in refuses: over HTTP as a status and a body, in a session as an `error` event."""

from standins.values import Json


class ApiError(Exception):
    """A refusal in OpenAI's terms: `code`, a sentence, and the parameter it is about."""

    def __init__(
        self,
        code: str | None,
        message: str,
        *,
        param: str | None = None,
        status: int = 400,
        type_: str = "invalid_request_error",
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.status = status
        self.type = type_
        self.retry_after_seconds = retry_after_seconds

    def body(self) -> Json:
        """The JSON body of an HTTP answer."""
        error = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return {"error": error}

    def event_error(self, client_event_id: str | None) -> Json:
        """The `error` member of an `error` server event."""
        return {**self.body()["error"], "event_id": client_event_id}


def invalid_api_key() -> ApiError:
    return ApiError("invalid_api_key", "Incorrect API key provided.", status=401)


def model_not_found(model: str) -> ApiError:
    message = f"The model '{model}' does not exist or you do not have access to it."
    return ApiError("model_not_found", message, status=404)


def call_not_found() -> ApiError:
    """Source: OpenAI forum topic 1396002."""
    message = "No session found for the provided call_id"
    return ApiError("call_id_not_found", message, param="", status=404)


def beta_shape_disabled() -> ApiError:
    message = "The Realtime Beta API is no longer supported. Use /v1/realtime without the OpenAI-Beta header."
    return ApiError("beta_api_shape_disabled", message)
