"""The agents' files: one TOML file each, checked when the process starts."""

import re
import tomllib
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from voicemint.agents.agent import CLIENT_SECRET, DEFAULT_AGENT, UNIFIED, VOICES, Agent
from voicemint.agents.call_mode import CallMode
from voicemint.agents.handoffs import parse_handoffs
from voicemint.agents.page_tools import page_tools
from voicemint.agents.server_tools import SERVER_TOOLS
from voicemint.errors import AgentFileError, SettingsError
from voicemint.openai.prices import load_prices

AGENTS_FOLDER = Path(__file__).parents[2] / "agents"
MAX_CALL_MINUTES = 60  # OpenAI ends every session then
MAX_CALL_CENTS = 100_000
_NOISE_REDUCTIONS = ("near_field", "far_field", "off")
_TURN_DETECTIONS = ("semantic_vad", "server_vad")
_NAME = re.compile(r"[a-z0-9_-]{1,40}", re.ASCII)


def refuse_client_secrets(agents: Mapping[str, Agent]) -> None:
    """Where the server is to open every call. Raises SettingsError naming the file that wants it otherwise."""
    for agent in agents.values():
        if agent.setup == CLIENT_SECRET:
            raise AgentFileError(
                f"{agent.name}.toml",
                "setup",
                f" is {CLIENT_SECRET.value!r}, but CLIENT_SECRETS is 'refused'; expected setup = {UNIFIED.value!r}.",
            )


def load_agents(folder: Path = AGENTS_FOLDER) -> dict[str, Agent]:
    """Every agent in `folder` by name. Raises SettingsError naming the file, the line and the key."""
    try:
        tables = {file.stem: _read(file) for file in sorted(folder.glob("*.toml")) if _check_name(file.stem)}
        if DEFAULT_AGENT not in tables:
            raise SettingsError(f"{folder.name}/{DEFAULT_AGENT}.toml is missing: it is the default agent.")
        return {name: _parse(name, tables) for name in tables}
    except AgentFileError as error:
        raise _with_line(folder, error) from None


def _with_line(folder: Path, error: AgentFileError) -> AgentFileError:
    from voicemint.agents.toml_lines import line_of

    file = folder / error.file_name
    return error.at(line_of(_text(file), error.key)) if error.line is None and error.key else error


def _check_name(name: str) -> bool:
    """An agent's name is part of addresses and tasks."""
    if not _NAME.fullmatch(name):
        raise SettingsError(f"agents/{name}.toml: the file's name must be 1 to 40 of a-z, 0-9, '-' and '_'.")
    return True


def _read(file: Path) -> dict[str, Any]:
    """The file's keys, each checked by itself."""
    text = _text(file)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        from voicemint.agents.toml_lines import syntax_error

        line, key, reason = syntax_error(text, error)
        raise AgentFileError(file.name, key, f"{': ' if key else ''}not valid TOML: {reason}.", line) from None
    _check(file.name, values)
    return {key: tuple(value) if type(value) is list else value for key, value in values.items()}


def _text(file: Path) -> str:
    """UTF-8, also with the mark at its beginning that some editors of Windows write."""
    content = file.read_bytes().removeprefix(BOM_UTF8)
    try:
        return content.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise AgentFileError(file.name, "", "not UTF-8 text: save the file as UTF-8.", line) from None


def _parse(name: str, tables: Mapping[str, Mapping[str, Any]]) -> Agent:
    file_name = f"{name}.toml"
    values = {**tables[name], "name": name, "handoffs": parse_handoffs(name, tables)}
    values["setup"] = CallMode(values.get("setup", CLIENT_SECRET))
    if "phone" in values:
        # Loads the time zones: only where a line is to be answered.
        from voicemint.agents.phone_table import parse_phone

        values["phone"] = parse_phone(file_name, values["phone"])
    agent = Agent(**values)
    _check_prices(file_name, agent)
    return agent


_KINDS = {str: "text in quotes", int: "a whole number", list: "a list, in [ ]", dict: "a table, in { }"}
_TYPES: dict[str, type] = {
    "label": str,
    "instructions": str,
    "greeting": str,
    "model": str,
    "voice": str,
    "max_call_minutes": int,
    "languages": list,
    "turn_detection": dict,
    "noise_reduction": str,
    "transcription": str,
    "setup": str,
    "max_call_cents": int,
    "server_tools": list,
    "page_tools": list,
    "handoffs": list,
    "description": str,
    "phone": dict,
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "voice": VOICES,
    "noise_reduction": _NOISE_REDUCTIONS,
    "setup": (CLIENT_SECRET, UNIFIED),
}


def _check(file_name: str, values: Mapping[str, Any]) -> None:
    known = [field.name for field in fields(Agent) if field.name != "name"]
    for key, value in values.items():
        if key not in known:
            raise AgentFileError(file_name, key, f": unknown key; expected some of: {', '.join(known)}.")
        if type(value) is not _TYPES[key]:
            raise AgentFileError(file_name, key, f" must be {_KINDS[_TYPES[key]]}.")
        if key in _CHOICES and value not in _CHOICES[key]:
            choices = ", ".join(_CHOICES[key])
            raise AgentFileError(file_name, key, f" is {value!r}; expected one of: {choices}.")
    _check_required(file_name, values)
    _check_limits(file_name, values)
    _check_tools(file_name, values, "server_tools", SERVER_TOOLS)
    _check_tools(file_name, values, "page_tools", page_tools())
    if values.get("server_tools") and values.get("setup") != UNIFIED:
        raise AgentFileError(file_name, "server_tools", f" need setup = {UNIFIED.value!r}.")


def _check_required(file_name: str, values: Mapping[str, Any]) -> None:
    for key in ("label", "instructions", "greeting", "model", "voice", "max_call_minutes"):
        if str(values.get(key, "")).strip() == "":
            raise AgentFileError(file_name, key, " is required and must not be empty.")


def _check_limits(file_name: str, values: Mapping[str, Any]) -> None:
    if not 1 <= values["max_call_minutes"] <= MAX_CALL_MINUTES:
        raise AgentFileError(file_name, "max_call_minutes", f" must be 1 to {MAX_CALL_MINUTES}.")
    if not 1 <= values.get("max_call_cents", 1) <= MAX_CALL_CENTS:
        raise AgentFileError(file_name, "max_call_cents", f" must be 1 to {MAX_CALL_CENTS}.")
    if not all(isinstance(language, str) for language in values.get("languages", [])):
        raise AgentFileError(file_name, "languages", ' must be language codes such as "en".')
    if values.get("turn_detection", {"type": "server_vad"}).get("type") not in _TURN_DETECTIONS:
        choices = ", ".join(_TURN_DETECTIONS)
        raise AgentFileError(file_name, "turn_detection.type", f" must be one of: {choices}.")


def _check_tools(file_name: str, values: Mapping[str, Any], key: str, known: Mapping[str, Any]) -> None:
    names = values.get(key, [])
    if not all(isinstance(name, str) and name in known for name in names) or len({*names}) < len(names):
        raise AgentFileError(file_name, key, f" must be some of: {', '.join(known)}; each once.")


def _check_prices(file_name: str, agent: Agent) -> None:
    """Without a price nobody could tell what a call has cost."""
    prices = load_prices()
    for key, model, table in (
        ("model", agent.model, "usd_per_million_tokens"),
        ("transcription", agent.transcription, "transcription_usd_per_minute"),
    ):
        if model not in prices[table]:
            raise AgentFileError(
                file_name,
                key,
                f" is {model!r}, which has no price; expected one of: {', '.join(prices[table])}. "
                "To use another, add its price to voicemint/openai/prices.json.",
            )
