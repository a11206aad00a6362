"""The [phone] table: closed unless written down, wrong tables named, hours by the wall clock, transfers by name."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openai.types.realtime import RealtimeSessionCreateRequest
from voicemint.agents.files import load_agents
from voicemint.agents.phone_table import TRANSFER_TOOL, PhonePolicy, lines_of, parse_phone
from voicemint.errors import SettingsError

from .test_files import write_agent

VIENNA = ZoneInfo("Europe/Vienna")
TABLE = """
numbers = ["+18005550100"]
callers = ["+14155550123", "+43*"]
time_zone = "Europe/Vienna"
hours = [
  { days = ["mon", "tue", "wed", "thu", "fri"], from = "08:00", until = "18:00" },
  { days = ["fri"], from = "20:00", until = "24:00" },
  { days = ["sat"], from = "00:00", until = "02:00" },
]
max_calls = 3
max_minutes_per_day = 90
[transfers]
front-desk = "tel:+18005550199"
sales = "sip:sales@pbx.example.com;transport=tls"
"""


def policy(**changes: Any) -> PhonePolicy:
    return parse_phone("a.toml", {**tomllib.loads(TABLE), **changes})


def agents_with(folder: Path, phone: str, **changes: str) -> Any:
    write_agent(folder, **changes)
    with (folder / "assistant.toml").open("a") as file:
        file.write(f"\n[phone]\n{phone}")
    return load_agents(folder)["assistant"]


def test_without_a_table_an_agent_has_no_line(tmp_path: Path) -> None:
    assert load_agents(write_agent(tmp_path))["assistant"].phone is None


def test_the_agents_of_the_project_answer_no_call() -> None:
    assert [name for name, agent in load_agents().items() if agent.phone] == []


def test_an_agents_file_holds_the_table(tmp_path: Path) -> None:
    agent = agents_with(tmp_path, TABLE.replace("[transfers]", "[phone.transfers]"))
    assert agent.phone.numbers == {"+18005550100"}
    assert (agent.phone.max_calls, agent.phone.max_minutes_per_day) == (3, 90)


@pytest.mark.parametrize("left_out", ["numbers", "callers", "hours"])
def test_what_opens_the_line_has_no_default(left_out: str) -> None:
    table = tomllib.loads(TABLE)
    del table[left_out]
    with pytest.raises(SettingsError, match=rf"agents/a\.toml: phone\.{left_out}: expected"):
        parse_phone("a.toml", table)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("numbers", []), ("numbers", "+18005550100"), ("numbers", ["18005550100"]), ("numbers", ["+1 800 555 0100"]),
        ("numbers", ["+08005550100"]), ("numbers", ["+1800555010012345"]), ("numbers", ["+1800*"]), ("numbers", [7]),
        ("callers", []), ("callers", ["*"]), ("callers", ["anyone"]), ("callers", "everyone"), ("callers", ["+*"]),
        ("hours", []), ("hours", "sometimes"), ("hours", [{"days": ["mon"], "from": "08:00"}]), ("hours", ["always"]),
        ("hours", [{"days": ["mon"], "from": "8:00", "until": "18:00"}]),
        ("hours", [{"days": ["mon"], "from": "18:00", "until": "08:00"}]),
        ("hours", [{"days": ["mon"], "from": "24:00", "until": "24:00"}]),
        ("hours", [{"days": ["monday"], "from": "08:00", "until": "18:00"}]),
        ("hours", [{"days": [], "from": "08:00", "until": "18:00"}]),
        ("hours", [{"days": ["mon"], "from": "08:00", "until": "18:00", "but": "not"}]),
        ("time_zone", None), ("time_zone", "Vienna"), ("time_zone", "../etc/passwd"), ("time_zone", "Europe"),
        ("max_calls", 0), ("max_calls", 21), ("max_calls", True), ("max_calls", "2"),
        ("max_minutes_per_day", 0), ("max_minutes_per_day", 1441),
        ("transfers", ["tel:+18005550199"]), ("transfers", {"Front Desk": "tel:+18005550199"}),
        ("transfers", {f"name{n}": "tel:+18005550199" for n in range(33)}),
        ("forward", True),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_table_is_refused_with_file_and_key(key: str, value: object) -> None:
    with pytest.raises(SettingsError, match=rf"agents/a\.toml: phone\.{key}"):
        policy(**{key: value})


@pytest.mark.parametrize(
    "target",
    ["+18005550199", "tel:18005550199", "tel:+1800555019 9", "tel:+18005550199;ext=1", "tel:+18005550199\r\nX: y", "",
     "sip:a@b@c", "sip:a b@host", "sip:a@host?Replaces=x", "sip:a@host;maddr=1.2.3.4", "https://evil.example",
     "sip:@host",
     "sip:a@", "tel:911", "mailto:a@b.c", "sip:a%40evil@host", 7, None],
)  # fmt: skip
def test_a_transfer_leads_to_a_number_or_to_a_plain_sip_address(target: object) -> None:
    with pytest.raises(SettingsError, match=r"phone\.transfers\.desk"):
        policy(transfers={"desk": target})


@pytest.mark.parametrize(
    ("caller", "let_in"),
    [("+14155550123", True), ("+14155550124", False), ("+4312345678", True), ("+4412345678", False),
     ("+141555501234", False), (None, False), ("", False)],
)  # fmt: skip
def test_callers_are_numbers_or_beginnings(caller: str | None, let_in: bool) -> None:
    assert policy().lets_in(caller) is let_in


def test_anyone_is_anyone_also_without_a_number() -> None:
    line = policy(callers="anyone")
    assert line.lets_in("+4412345678")
    assert line.lets_in(None)


@pytest.mark.parametrize(
    ("local", "is_open"),
    [("2026-11-20 07:59", False), ("2026-11-20 08:00", True), ("2026-11-20 17:59", True), ("2026-11-20 18:00", False),
     ("2026-11-20 23:59", True), ("2026-11-21 00:00", True), ("2026-11-21 02:00", False), ("2026-11-22 10:00", False),
     ("2026-07-01 08:00", True), ("2026-07-01 07:59", False)],
)  # fmt: skip
def test_hours_are_those_of_the_wall_clock_there_in_winter_and_summer(local: str, is_open: bool) -> None:
    there = datetime.fromisoformat(local).replace(tzinfo=VIENNA)
    assert policy().is_open(there) is is_open
    assert policy().is_open(there.astimezone(UTC)) is is_open


def test_always_is_always_and_needs_no_time_zone() -> None:
    table = tomllib.loads(TABLE)
    del table["time_zone"]
    assert parse_phone("a.toml", {**table, "hours": "always"}).is_open(datetime(2026, 1, 1, 3, tzinfo=UTC))


def test_two_agents_cannot_answer_one_number() -> None:
    one, other = policy(), policy(numbers=["+18005550101"])
    assert lines_of({"a": one, "b": other, "c": None}) == {"+18005550100": "a", "+18005550101": "b"}
    with pytest.raises(SettingsError, match=r"agents/b\.toml: phone\.numbers: a answers \+18005550100 already"):
        lines_of({"a": one, "b": one})


def test_a_phones_session_config_is_of_openais_own_type_and_says_no_audio_format(tmp_path: Path) -> None:
    vad = '{ type = "server_vad", threshold = 0.6, silence_duration_ms = 300, interrupt_response = false }'
    agent = agents_with(tmp_path, TABLE.replace("[transfers]", "[phone.transfers]"), turn_detection=vad)
    config = agent.phone.session_config(agent.session_config())
    parsed = RealtimeSessionCreateRequest.model_validate(config, strict=True, extra="forbid")
    assert parsed.model_dump(exclude_unset=True) == config
    assert config["audio"]["input"]["turn_detection"] == {"type": "server_vad", "interrupt_response": False}
    assert "format" not in config["audio"]["input"] | config["audio"]["output"]
    (tool,) = config["tools"]
    assert tool["parameters"]["properties"]["to"]["enum"] == ["front-desk", "sales"]


def test_without_transfers_there_is_no_such_tool(tmp_path: Path) -> None:
    agent = agents_with(tmp_path, TABLE.partition("[transfers]")[0])
    assert "tools" not in agent.phone.session_config(agent.session_config())


@pytest.mark.parametrize("transfers", [True, False])
def test_on_the_telephone_no_page_runs_tools(tmp_path: Path, transfers: bool) -> None:
    table = TABLE.replace("[transfers]", "[phone.transfers]") if transfers else TABLE.partition("[transfers]")[0]
    write_agent(tmp_path, "guide")
    agent = agents_with(tmp_path, table, page_tools='["end_call"]', handoffs='["guide"]')
    config = agent.phone.session_config(agent.session_config())
    assert [tool["name"] for tool in config.get("tools", [])] == ([TRANSFER_TOOL] if transfers else [])
    assert ("tools" in config) is transfers


def test_a_transfer_leads_where_the_table_says() -> None:
    assert policy().transfer_target('{"to": "front-desk"}') == "tel:+18005550199"


@pytest.mark.parametrize(
    "arguments",
    ["", "{", "[]", "null", '"front-desk"', '{"to": null}', '{"to": ["front-desk"]}', '{"to": {}}',
     '{"to": "Front-desk"}',
     '{"to": "tel:+18005550199"}', '{"target_uri": "tel:+19005550199"}', "[" * 5000, '{"to": "nobody"}',
     json.dumps({"to": "front-desk" + " " * 2000})],
)  # fmt: skip
def test_a_transfer_leads_nowhere_else(arguments: str) -> None:
    assert policy().transfer_target(arguments) is None
