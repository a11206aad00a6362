import json
from datetime import datetime

import pytest
from voicemint.server_tools import run_tool


def test_it_tells_the_time_of_a_zone() -> None:
    told = json.loads(run_tool("current_time", '{"time_zone": "Asia/Tokyo"}'))
    at = datetime.fromisoformat(told["time"])
    assert at.utcoffset() is not None
    assert at.strftime("%z") == "+0900"
    assert told["weekday"] == f"{at:%A}"
    assert json.loads(run_tool("current_time", ""))["time_zone"] == "UTC"


@pytest.mark.parametrize(
    "arguments",
    ['{"time_zone": "No/Such"}', '{"time_zone": "../../etc/passwd"}', '{"time_zone": "/etc/passwd"}',
     '{"time_zone": ""}', '{"time_zone": 7}', '{"time_zone": ["UTC"]}', '{"time_zone": "Europe"}',
     '{"time_zone": "a\\u0000b"}', "[]", "{", "[" * 3000, '{"time_zone": "' + "x" * 5000 + '"}'],
)  # fmt: skip
def test_what_it_cannot_do_is_told_to_the_model(arguments: str) -> None:
    assert json.loads(run_tool("current_time", arguments)).keys() == {"error"}
