"""The models the stand-in serves, as `GET /v1/models` lists them.

`shutdown_date` is YYYY-MM-DD, or null while no end is announced: https://developers.openai.com/api/docs/deprecations.
"""

from collections.abc import Mapping

from standins.openai.errors import model_not_found
from standins.values import Json

DEFAULT_MODEL = "gpt-realtime-2.1"
SHUTDOWN_DATES: dict[str, str | None] = {
    "gpt-realtime-2.1": None,
    "gpt-realtime-2.1-mini": None,
    "gpt-realtime-2": None,
    "gpt-realtime-1.5": None,
    "gpt-realtime": "2027-01-20",
    "gpt-realtime-2025-08-28": "2027-01-20",
    "gpt-realtime-mini": "2027-01-20",
    "gpt-realtime-mini-2025-12-15": "2027-01-20",
}
TRANSCRIPTION_SHUTDOWN_DATES: dict[str, str | None] = {
    "gpt-transcribe": None,
    "gpt-4o-transcribe": "2027-02-26",
    "gpt-4o-mini-transcribe": "2027-02-26",
    "whisper-1": "2027-02-26",
}
CREATED_AT = 1756271701


def check_model(model: str) -> None:
    """Raise `model_not_found` (404) unless the stand-in serves this model."""
    if model not in SHUTDOWN_DATES:
        raise model_not_found(model)


def model_list(otherwise: Mapping[str, str | None]) -> Json:
    """The body of `GET /v1/models`; `otherwise`: dates that are not those above."""
    dates = {**SHUTDOWN_DATES, **TRANSCRIPTION_SHUTDOWN_DATES, **otherwise}
    return {"object": "list", "data": [_model(name, date) for name, date in dates.items()]}


def _model(name: str, shutdown_date: str | None) -> Json:
    return {
        "id": name,
        "object": "model",
        "created": CREATED_AT,
        "owned_by": "openai",
        "shutdown_date": shutdown_date,
    }
