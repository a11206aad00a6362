import re
from collections.abc import Callable
from pathlib import Path

import pytest
from openai.types.realtime import RealtimeSessionCreateRequest
from voicemint.agents.agent import CLIENT_SECRET, UNIFIED, VOICES, choose
from voicemint.agents.files import AGENTS_FOLDER, load_agents
from voicemint.agents.handoffs import HANDOFF
from voicemint.agents.page_tools import page_tools
from voicemint.agents.phone_table import TRANSFER_TOOL
from voicemint.agents.server_tools import SERVER_TOOLS
from voicemint.errors import SettingsError, UnknownAgent, UnknownVoice

AGENT = {
    "label": '"A"',
    "instructions": '"Be kind."',
    "greeting": '"Say hello."',
    "model": '"gpt-realtime-2.1"',
    "voice": '"marin"',
    "max_call_minutes": "30",
}


AGENTS_DOCUMENT = AGENTS_FOLDER.parents[1] / "docs" / "agents.md"


def write_agent(folder: Path, name: str = "assistant", **changes: str | None) -> Path:
    lines = [f"{key} = {value}" for key, value in {**AGENT, **changes}.items() if value is not None]
    (folder / f"{name}.toml").write_text("\n".join(lines))
    return folder


def test_the_agents_of_the_project_are_valid() -> None:
    assert "assistant" in load_agents()


def test_the_session_config_is_of_openais_own_type() -> None:
    for agent in load_agents().values():
        config = agent.session_config()
        parsed = RealtimeSessionCreateRequest.model_validate(config, strict=True, extra="forbid")
        assert parsed.model_dump(exclude_unset=True) == config


def test_the_session_config_follows_the_file(tmp_path: Path) -> None:
    write_agent(tmp_path, languages='["en", "de"]', noise_reduction='"off"', turn_detection='{ type = "server_vad" }')
    config = load_agents(tmp_path)["assistant"].session_config("cedar")
    assert config["instructions"] == "Be kind."
    assert config["audio"] == {
        "input": {
            "noise_reduction": None,
            "transcription": {"model": "gpt-transcribe", "languages": ["en", "de"]},
            "turn_detection": {"type": "server_vad"},
        },
        "output": {"voice": "cedar"},
    }


def test_an_agents_own_voice_is_the_default(tmp_path: Path) -> None:
    config = load_agents(write_agent(tmp_path))["assistant"].session_config()
    assert config["audio"]["output"]["voice"] == "marin"


def test_chooses_the_default_agent_when_none_is_named(tmp_path: Path) -> None:
    write_agent(tmp_path, "other", label='"B"')
    agents = load_agents(write_agent(tmp_path))
    assert choose(agents, None).label == "A"
    assert choose(agents, "other").label == "B"


@pytest.mark.parametrize("name", ["", "Assistant", "../assistant", "nobody"])
def test_refuses_an_agent_there_is_not(name: str) -> None:
    with pytest.raises(UnknownAgent):
        choose(load_agents(), name)


@pytest.mark.parametrize("voice", ["", "Marin", "nova"])
def test_refuses_a_voice_there_is_not(voice: str) -> None:
    with pytest.raises(UnknownVoice, match=", ".join(VOICES)):
        load_agents()["assistant"].session_config(voice)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"label": None}, "label is required"),
        ({"model": '""'}, "model is required"),
        ({"voice": '"nova"'}, "voice is 'nova'; expected one of: alloy"),
        ({"max_call_minutes": "0"}, "max_call_minutes must be 1 to 60"),
        ({"max_call_minutes": "61"}, "max_call_minutes must be 1 to 60"),
        ({"max_call_minutes": "true"}, "max_call_minutes must be a whole number"),
        ({"max_call_minutes": "1.5"}, "max_call_minutes must be a whole number"),
        ({"instructions": "3"}, "instructions must be text in quotes"),
        ({"languages": "[1]"}, "languages must be language codes"),
        ({"turn_detection": '{ type = "none" }'}, r"turn_detection.type must be one of"),
        ({"noise_reduction": '"loud"'}, "noise_reduction is 'loud'; expected one of: near_field"),
        ({"max_call_cents": "0"}, "max_call_cents must be 1 to 100000"),
        ({"server_tools": '["no_such"]', "setup": '"unified"'}, "server_tools must be some of: current_time"),
        ({"server_tools": '[["current_time"]]', "setup": '"unified"'}, "server_tools must be some of"),
        ({"server_tools": '["current_time"]'}, "server_tools need setup = 'unified'"),
        ({"page_tools": '["current_time"]'}, "page_tools must be some of: local_time, display_text, end_call"),
        ({"page_tools": '["end_call", "end_call"]'}, "each once"),
        ({"page_tools": '"end_call"'}, "page_tools must be a list, in"),
        ({"handoffs": '"guide"'}, "handoffs must be a list, in"),
        ({"handoffs": '["guide"]'}, r"handoffs must be some of: \(there is no other agent\)"),
        ({"description": "3"}, "description must be text in quotes"),
        ({"model": '"gpt-realtime-9"'}, "model is 'gpt-realtime-9', which has no price"),
        ({"transcription": '"my-ear"'}, "transcription is 'my-ear', which has no price"),
        ({"setup": '"carrier-pigeon"'}, "setup is 'carrier-pigeon'"),
        ({"temperature": "1"}, "temperature: unknown key; expected some of: label"),
        ({"label": "unquoted"}, "label: not valid TOML: invalid value"),
        ({"label": '" "'}, "label is required and must not be empty"),
        ({"max_call_minutes": "30.0"}, "max_call_minutes must be a whole number"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_file_is_refused_with_its_name_and_key(
    tmp_path: Path, changes: dict[str, str | None], sentence: str
) -> None:
    write_agent(tmp_path, **changes)
    with pytest.raises(SettingsError, match=rf"^agents/assistant\.toml.*{sentence}"):
        load_agents(tmp_path)


PHONE = "[phone]\nnumbers = ['+18005550100']\ncallers = 'anyone'\nhours = 'always'\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('label = "A', r":1: label: not valid TOML: illegal character"),
        ('# first\n\nlabel = "A"\ngreeting\n', r":4: not valid TOML: expected '='"),
        ('label = "A"\ninstructions = """\nBe kind.\n\nvoice = "bob"\n', r":2: instructions: not valid TOML: unter"),
        ('label = "A"\ninstructions = """\nvoice = "no"\n"""\n\n# a voice\nvoice = "bob"\n', r":7: voice is 'bob'"),
        ('label = "A"\nlanguages = [\n  "en",\n  7,\n]\n', r":2: languages must be"),
        ("turn_detection = {\n type = 'none' }", r":1: turn_detection: not valid TOML"),
        ("turn_detection = { type = 'none', }", r":1: turn_detection: not valid TOML"),
        ("turn_detection.type = 'none'", r":1: turn_detection\.type must be one of"),
        ("label = 'A'\nlabel = 'B'", r":2: label: not valid TOML: cannot overwrite a value"),
        (PHONE + "[phone.transfers]\ndesk = 'tel:911'\n", r":12: phone\.transfers\.desk: expected"),
        (PHONE + "max_calls = 0\n", r":11: phone\.max_calls: expected"),
        ("[phone]\nnumbers = ['+18005550100']\n", r":7: phone\.callers: expected"),
        (
            PHONE.replace("'always'", "[\n{ days = ['mo'], from = '08:00', until = '18:00' },\n]"),
            r":10: phone\.hours\.days",
        ),
    ],
    ids=lambda value: value if value.startswith(":") else "",
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, text: str, place: str) -> None:
    rest = "\n".join(f"{key} = {value}" for key, value in AGENT.items() if f"{key} =" not in text)
    parts = (rest, text) if text.startswith("[phone]") else (text, rest)
    (tmp_path / "assistant.toml").write_text("\n".join(parts))
    with pytest.raises(SettingsError, match=rf"^agents/assistant\.toml{place}") as caught:
        load_agents(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encode", [
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.replace("\n", "\r\n").encode(),
], ids=["byte order mark", "CRLF"])  # fmt: skip
def test_a_file_of_a_windows_editor_is_read(tmp_path: Path, encode: Callable[[str], bytes]) -> None:
    file = write_agent(tmp_path, label='"Zoë"') / "assistant.toml"
    file.write_bytes(encode(file.read_text()))
    assert load_agents(tmp_path)["assistant"].label == "Zoë"


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_in_another_encoding_is_told_so(tmp_path: Path, encoding: str) -> None:
    file = write_agent(tmp_path, greeting='"Grüß Gott."') / "assistant.toml"
    file.write_text(file.read_text(), encoding=encoding)
    with pytest.raises(SettingsError, match=r"^agents/assistant\.toml:\d: not UTF-8 text: save the file as UTF-8"):
        load_agents(tmp_path)


@pytest.mark.parametrize("name", ["my_agent", "2nd", "x" * 40])
def test_a_file_may_be_called_what_an_address_may_hold(tmp_path: Path, name: str) -> None:
    write_agent(write_agent(tmp_path), name, setup=None)
    assert load_agents(tmp_path)[name].setup == CLIENT_SECRET
    assert load_agents(tmp_path)[name].name == name


def test_a_file_cannot_give_its_agent_another_name(tmp_path: Path) -> None:
    file = write_agent(tmp_path) / "assistant.toml"
    file.write_text('name = "other"\n' + file.read_text())
    with pytest.raises(SettingsError, match=r"^agents/assistant\.toml:1: name: unknown key; expected some of: label"):
        load_agents(tmp_path)


@pytest.mark.parametrize("name", ["a b", "Ana", "x" * 41, "a.b"])
def test_a_file_whose_name_cannot_be_in_an_address_is_refused(tmp_path: Path, name: str) -> None:
    write_agent(write_agent(tmp_path), name)
    with pytest.raises(SettingsError, match="the file's name must be"):
        load_agents(tmp_path)


def test_an_agent_is_chosen_only_for_the_setup_that_it_has(tmp_path: Path) -> None:
    write_agent(tmp_path, "guide", setup='"unified"', server_tools='["current_time"]')
    agents = load_agents(write_agent(tmp_path))
    assert choose(agents, "guide", UNIFIED).server_tools == ("current_time",)
    assert choose(agents, None, CLIENT_SECRET).label == "A"
    for name, setup in (("guide", CLIENT_SECRET), (None, UNIFIED)):
        with pytest.raises(UnknownAgent):
            choose(agents, name, setup)


def test_tools_of_the_server_are_in_the_session_config(tmp_path: Path) -> None:
    write_agent(tmp_path, setup='"unified"', server_tools='["current_time"]')
    config = load_agents(tmp_path)["assistant"].session_config()
    parsed = RealtimeSessionCreateRequest.model_validate(config, strict=True, extra="forbid")
    assert parsed.model_dump(exclude_unset=True) == config
    assert [tool["name"] for tool in config["tools"]] == ["current_time"]


@pytest.mark.parametrize("setup", [CLIENT_SECRET, UNIFIED])
def test_tools_of_the_page_are_in_the_session_config_whoever_opens_the_call(tmp_path: Path, setup: str) -> None:
    server_tools = '["current_time"]' if setup == UNIFIED else None
    write_agent(tmp_path, setup=f'"{setup}"', server_tools=server_tools, page_tools='["end_call", "display_text"]')
    config = load_agents(tmp_path)["assistant"].session_config()
    parsed = RealtimeSessionCreateRequest.model_validate(config, strict=True, extra="forbid")
    assert parsed.model_dump(exclude_unset=True) == config
    assert [tool["name"] for tool in config["tools"]][-2:] == ["end_call", "display_text"]
    assert config["tools"][-1]["parameters"]["required"] == ["text"]


def test_no_tool_of_the_page_is_called_as_one_of_the_server() -> None:
    assert page_tools().keys().isdisjoint({*SERVER_TOOLS, TRANSFER_TOOL})
    assert [name for name in (*page_tools(), *SERVER_TOOLS, TRANSFER_TOOL) if name.startswith(HANDOFF)] == []


@pytest.mark.parametrize("setup", [CLIENT_SECRET, UNIFIED])
def test_each_handoff_is_a_function_that_tells_of_the_other_agent(tmp_path: Path, setup: str) -> None:
    write_agent(tmp_path, "travel-desk", label='"Travel desk"', description='"Knows trains."')
    write_agent(tmp_path, "clerk", label='"Clerk"', setup=f'"{setup}"', handoffs='["assistant"]')
    page = {"setup": f'"{setup}"', "page_tools": '["end_call"]'}
    agents = load_agents(write_agent(tmp_path, handoffs='["travel-desk", "clerk"]', **page))
    config = agents["assistant"].session_config()
    parsed = RealtimeSessionCreateRequest.model_validate(config, strict=True, extra="forbid")
    assert parsed.model_dump(exclude_unset=True) == config
    assert [(tool["name"], tool["description"]) for tool in config["tools"][1:]] == [
        ("transfer_to_travel-desk", "Hand the conversation over to Travel desk. Knows trains."),
        ("transfer_to_clerk", "Hand the conversation over to Clerk."),
    ]
    assert [tool["name"] for tool in agents["clerk"].session_config()["tools"]] == ["transfer_to_assistant"]
    assert "tools" not in agents["travel-desk"].session_config()


@pytest.mark.parametrize(
    "handoffs",
    ['["assistant"]', '["nobody"]', '["guide", "guide"]', "[7]", '[["guide"]]', '["guide", "nobody"]',
     str([f"guide{number}" for number in range(9)])],
)  # fmt: skip
def test_a_call_is_handed_over_to_few_others_that_there_are(tmp_path: Path, handoffs: str) -> None:
    for name in ("guide", *(f"guide{number}" for number in range(9))):
        write_agent(tmp_path, name)
    write_agent(tmp_path, handoffs=handoffs)
    with pytest.raises(
        SettingsError, match=r"^agents/assistant\.toml:7: handoffs must be some of: guide, .*; each once"
    ):
        load_agents(tmp_path)


def test_the_example_of_a_handoff_in_the_documents_works(tmp_path: Path) -> None:
    section = AGENTS_DOCUMENT.read_text().partition("## Handoffs\n")[2].partition("\n## ")[0]
    one, other = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    (tmp_path / "assistant.toml").write_text(one + (AGENTS_FOLDER / "assistant.toml").read_text())
    (tmp_path / "travel-desk.toml").write_text(other)
    agents = load_agents(tmp_path)
    tool = agents["assistant"].session_config()["tools"][-1]
    assert tool["name"] == "transfer_to_travel-desk"
    assert agents["travel-desk"].description in tool["description"]
    assert agents["travel-desk"].session_config()["tools"][-1]["name"] == "transfer_to_assistant"


@pytest.mark.parametrize(("at_most", "seconds"), [(3600, 1800), (60, 60)])
def test_a_call_is_as_long_as_the_agent_and_the_owner_allow(tmp_path: Path, at_most: int, seconds: int) -> None:
    assert load_agents(write_agent(tmp_path))["assistant"].call_seconds(at_most) == seconds


def test_the_default_agent_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"assistant\.toml is missing"):
        load_agents(tmp_path)
