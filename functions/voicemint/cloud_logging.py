"""One JSON line a log record, in the shape Cloud Logging reads from stdout: severity, message, time, trace, fields.

Source: https://cloud.google.com/logging/docs/structured-logging (special fields in JSON payloads).
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

from voicemint.redaction import redact

logger = logging.getLogger("voicemint")

TRACE = "trace"  # the field with a request's trace id: Cloud Logging has a name of its own for it

_ENCODER = json.JSONEncoder(default=str)


class JsonFormatter(logging.Formatter):
    """Fields come from `extra={"fields": {...}}`. The whole line is redacted, whoever wrote it."""

    def __init__(self, project_id: str) -> None:
        super().__init__()
        self._project_id = project_id

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "severity": record.levelname,
            "message": record.getMessage(),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        line.update(getattr(record, "fields", {}))
        trace = line.pop(TRACE, None)
        if self._project_id and trace:
            line["logging.googleapis.com/trace"] = f"projects/{self._project_id}/traces/{trace}"
        if record.exc_info and record.exc_info[1]:
            line["stack"] = describe_exception(record.exc_info[1])
        return redact(_ENCODER.encode(line))


def describe_exception(error: BaseException) -> list[str]:
    """Type and frames, innermost last. Never the exception's text: a library may quote a header in it."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    return [*frames, type(error).__qualname__]


def configure_logging(project_id: str) -> None:
    """Send every record of this process to stdout as JSON lines."""
    # What the format does not show is not collected: logging's own advice where a line is written per request.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(project_id))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logger.setLevel(logging.INFO)
