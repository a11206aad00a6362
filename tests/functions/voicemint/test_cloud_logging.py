import json
import logging
import sys

import pytest
from voicemint.cloud_logging import JsonFormatter, configure_logging, logger


def format_record(message: str, **fields: object) -> dict[str, object]:
    record = logging.LogRecord("voicemint", logging.WARNING, "", 0, message, (), None)
    record.fields = fields
    return dict(json.loads(JsonFormatter("my-project").format(record)))


def test_a_record_is_one_line_in_cloud_loggings_shape() -> None:
    line = format_record("a\nb", request_id="1" * 32, trace="0" * 32, status=200)
    assert line["severity"] == "WARNING"
    assert line["message"] == "a\nb"
    assert line["status"] == 200
    assert line["logging.googleapis.com/trace"] == f"projects/my-project/traces/{'0' * 32}"
    assert "trace" not in line
    assert str(line["time"]).endswith("+00:00")


def test_secrets_are_redacted_from_message_and_fields() -> None:
    line = format_record("key sk-0123456789abcdef", header={"deep": ["ek_0123456789abcdef"]})
    assert "0123456789" not in json.dumps(line)


def test_an_exception_is_told_by_type_and_place_never_by_its_text() -> None:
    try:
        raise ValueError("Bearer sk-0123456789abcdef and more")  # as HTTP clients do with a bad header
    except ValueError:
        record = logging.LogRecord("voicemint", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    line = JsonFormatter("").format(record)
    assert json.loads(line)["stack"][-1] == "ValueError"
    assert "test_cloud_logging.py" in line
    assert "and more" not in line


def test_other_libraries_log_the_same_way(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setattr(logger, "level", logger.level)
    configure_logging("my-project")
    logging.getLogger("urllib3").warning("retrying %s", "ek_0123456789abcdef")
    assert json.loads(capsys.readouterr().out)["message"] == "retrying [redacted]"
