import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from voicemint.agents import server_tools
from voicemint.agents.files import AGENTS_FOLDER, load_agents
from voicemint.agents.server_tools import run_tool

AGENTS_DOCUMENT = AGENTS_FOLDER.parents[1] / "docs" / "agents.md"
ASSISTANT = AGENTS_FOLDER / "assistant.toml"


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


def test_a_tool_that_fails_goes_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        raise KeyError(arguments["none"])

    monkeypatch.setitem(server_tools.SERVER_TOOLS, "current_time", server_tools.ServerTool("Fails.", fail))
    assert json.loads(run_tool("current_time", "{}")) == {
        "error": "The tool failed. Say so, and continue without its result."
    }


def test_the_example_of_the_documents_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = AGENTS_DOCUMENT.read_text().partition("## Server tools\n")[2].partition("\n## ")[0]
    blocks = dict(re.findall(r"```(toml|python)\n(.*?)```", section, re.DOTALL))
    monkeypatch.setitem(server_tools.SERVER_TOOLS, "opening_hours", server_tools.SERVER_TOOLS["current_time"])
    exec(compile(blocks["python"], str(AGENTS_DOCUMENT), "exec"), dict(vars(server_tools)))  # noqa: S102 - our own words
    kept = [line for line in ASSISTANT.read_text().splitlines() if not line.startswith("setup")]
    (tmp_path / "assistant.toml").write_text("\n".join([blocks["toml"], *kept]))
    tools = load_agents(tmp_path)["assistant"].session_config()["tools"]
    assert [tool["name"] for tool in tools][:2] == ["current_time", "opening_hours"]
    assert json.loads(run_tool("opening_hours", '{"day": "sunday"}')) == {"hours": "closed"}
    assert json.loads(run_tool("opening_hours", '{"day": ["sunday"]}')) == {"hours": "8:00 to 18:00"}
    assert json.loads(run_tool("opening_hours", "{}")) == {"hours": "8:00 to 18:00"}
