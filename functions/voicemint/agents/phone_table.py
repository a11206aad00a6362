"""The `[phone]` table of an agent's file: which calls it answers, when, how many, and to whom it may transfer.

[phone]
numbers = ["+18005550100"]              which of your numbers this agent answers
callers = ["+14155550123", "+43*"]      who may call, * for all that begin so; or "anyone"
time_zone = "Europe/Vienna"             of the hours
hours = [{ days = ["mon", "fri"], from = "08:00", until = "18:00" }]   or "always"
max_calls = 2                           at the same time (default 2)
max_minutes_per_day = 60                of all calls together, by UTC days (default 60)
[phone.transfers]
front-desk = "tel:+18005550199"         a name that the model may say: where that leads

An agent without the table answers no call. Whatever opens the line must be written down; no default opens it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from voicemint.agents.page_tools import is_of_the_page
from voicemint.errors import AgentFileError, SettingsError

TRANSFER_TOOL = "transfer_call"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DEFAULT_CALLS, MAX_CALLS = 2, 20
DEFAULT_MINUTES, MAX_MINUTES = 60, 24 * 60
MAX_TRANSFERS = 32
MAX_ARGUMENTS_CHARACTERS = 1024
ANYONE = "anyone"
ALWAYS = "always"

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)  # E.164
_CALLERS = re.compile(r"\+[1-9][0-9]{0,14}\*|\+[1-9][0-9]{6,14}", re.ASCII)
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", re.ASCII)
_TRANSFER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)
_TRANSFER_TARGET = re.compile(
    r"tel:\+[1-9][0-9]{6,14}"
    r"|sips?:[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?(?:;transport=tls)?",
    re.ASCII,
)
# Numbers of server_vad that a phone session refuses. Source: agents-realtime 0.20.0, openaiRealtimeSip.mjs.
_NOT_FOR_PHONES = ("threshold", "prefix_padding_ms", "silence_duration_ms")


@dataclass(frozen=True, slots=True)
class Window:
    """When the line is open on some days of the week (0 is Monday): from, included, until, not included."""

    days: frozenset[int]
    opens: time
    closes: time | None  # None: midnight

    def holds(self, local: datetime) -> bool:
        is_before_end = self.closes is None or local.time() < self.closes
        return local.weekday() in self.days and self.opens <= local.time() and is_before_end


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonePolicy:
    """One agent's line. `callers` None: anyone; `windows` None: always. `transfers`: name -> URI."""

    numbers: frozenset[str]
    callers: tuple[str, ...] | None
    windows: tuple[Window, ...] | None
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    max_calls: int = DEFAULT_CALLS
    max_minutes_per_day: int = DEFAULT_MINUTES
    transfers: Mapping[str, str] = field(default_factory=dict)

    def lets_in(self, caller: str | None) -> bool:
        """Whether this number (E.164, None: withheld or no number) may call."""
        if self.callers is None:
            return True
        return caller is not None and any(
            caller.startswith(allowed[:-1]) if allowed.endswith("*") else caller == allowed for allowed in self.callers
        )

    def is_open(self, now: datetime) -> bool:
        """`now` may be in any time zone; it is compared in the line's time zone."""
        local = now.astimezone(self.time_zone)
        return self.windows is None or any(window.holds(local) for window in self.windows)

    def transfer_target(self, arguments: str) -> str | None:
        """The target of the model's tool call: looked up in this table by name; everything else is ignored."""
        try:
            value = json.loads(arguments[:MAX_ARGUMENTS_CHARACTERS])
        except (ValueError, RecursionError):
            return None
        name = value.get("to") if isinstance(value, dict) else None
        return self.transfers.get(name) if isinstance(name, str) else None

    def session_config(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """The agent's own session config, as a phone call takes it.

        Without an audio format: OpenAI agrees on G.711 with the trunk, and another format gives noise.
        """
        audio = {**base["audio"], "input": _input_for_phones(base["audio"]["input"])}
        tools = [tool for tool in base.get("tools", []) if not is_of_the_page(tool["name"])]  # a telephone has no page
        tools += [self._transfer_tool()] if self.transfers else []
        rest = {key: value for key, value in base.items() if key != "tools"}
        return {**rest, "audio": audio, **({"tools": tools} if tools else {})}

    def _transfer_tool(self) -> dict[str, Any]:
        target = {"type": "string", "enum": sorted(self.transfers), "description": "Whom to transfer to."}
        return {
            "type": "function",
            "name": TRANSFER_TOOL,
            "description": "Transfer the caller to somebody else, which ends this conversation. Say so before.",
            "parameters": {
                "type": "object",
                "properties": {"to": target},
                "required": ["to"],
                "additionalProperties": False,
            },
        }


def parse_phone(file_name: str, table: Mapping[str, Any]) -> PhonePolicy:
    """The table of agents/`file_name`. Raises SettingsError naming the file and the key."""
    keys = ("numbers", "callers", "hours", "time_zone", "max_calls", "max_minutes_per_day", "transfers")
    for key in table:
        if key not in keys:
            raise _wrong(file_name, key, f"unknown; expected some of: {', '.join(keys)}")
    return PhonePolicy(
        numbers=frozenset(_texts(file_name, "numbers", table.get("numbers"), NUMBER, "numbers such as +18005550100")),
        callers=_callers(file_name, table.get("callers")),
        windows=_windows(file_name, table.get("hours")),
        time_zone=_time_zone(file_name, table.get("time_zone"), is_needed=table.get("hours") != ALWAYS),
        max_calls=_count(file_name, "max_calls", table, DEFAULT_CALLS, MAX_CALLS),
        max_minutes_per_day=_count(file_name, "max_minutes_per_day", table, DEFAULT_MINUTES, MAX_MINUTES),
        transfers=_transfers(file_name, table.get("transfers", {})),
    )


def lines_of(policies: Mapping[str, PhonePolicy | None]) -> dict[str, str]:
    """Called number -> the agent that answers. Raises SettingsError if two agents have the same number."""
    lines: dict[str, str] = {}
    for agent, policy in policies.items():
        for number in policy.numbers if policy else ():
            if number in lines:
                raise AgentFileError(f"{agent}.toml", "phone.numbers", f": {lines[number]} answers {number} already.")
            lines[number] = agent
    return lines


def _input_for_phones(audio_input: Mapping[str, Any]) -> dict[str, Any]:
    detection = audio_input.get("turn_detection")
    if detection is None:
        return dict(audio_input)
    kept = {key: value for key, value in detection.items() if key not in _NOT_FOR_PHONES}
    return {**audio_input, "turn_detection": kept}


def _callers(file_name: str, value: object) -> tuple[str, ...] | None:
    expected = f'numbers such as +14155550123, beginnings such as +43*, or "{ANYONE}"'
    return None if value == ANYONE else _texts(file_name, "callers", value, _CALLERS, expected)


def _windows(file_name: str, value: object) -> tuple[Window, ...] | None:
    if value == ALWAYS:
        return None
    if not isinstance(value, list) or not value:
        raise _wrong(file_name, "hours", f'expected a list of {{ days, from, until }}, or "{ALWAYS}"')
    return tuple(_window(file_name, window) for window in value)


def _window(file_name: str, value: object) -> Window:
    if not isinstance(value, dict) or value.keys() != {"days", "from", "until"}:
        raise _wrong(file_name, "hours", "each is { days, from, until } and nothing else")
    days = value["days"]
    if not isinstance(days, list) or not days or not all(day in DAYS for day in days):
        raise _wrong(file_name, "hours.days", f"expected some of: {', '.join(DAYS)}")
    opens, closes = _clock(file_name, "hours.from", value["from"]), _clock(file_name, "hours.until", value["until"])
    if opens is None or (closes is not None and closes <= opens):
        raise _wrong(file_name, "hours.until", "expected later than from; hours over midnight are two")
    return Window(frozenset(map(DAYS.index, days)), opens, closes)


def _clock(file_name: str, key: str, value: object) -> time | None:
    """None is 24:00."""
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _wrong(file_name, key, "expected hours and minutes such as 08:00")
    return time(int(match[1]), int(match[2])) if match[1] else None


def _time_zone(file_name: str, value: object, *, is_needed: bool) -> ZoneInfo:
    if value is None and not is_needed:
        return ZoneInfo("UTC")
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError):  # there is none, it is no name of one, it is a folder of them
        raise _wrong(file_name, "time_zone", "expected one such as Europe/Vienna") from None


def _count(file_name: str, key: str, table: Mapping[str, Any], default: int, most: int) -> int:
    value = table.get(key, default)
    if type(value) is not int or not 1 <= value <= most:
        raise _wrong(file_name, key, f"expected 1 to {most}")
    return value


def _transfers(file_name: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > MAX_TRANSFERS:
        raise _wrong(file_name, "transfers", f"expected a table of at most {MAX_TRANSFERS} names")
    for name, target in value.items():
        if not _TRANSFER_NAME.fullmatch(name):
            raise _wrong(file_name, "transfers", "a name is of a-z, 0-9, - and _")
        if not isinstance(target, str) or not _TRANSFER_TARGET.fullmatch(target):
            raise _wrong(file_name, f"transfers.{name}", "expected tel:+18005550199, or sip:name@host")
    return dict(value)


def _texts(file_name: str, key: str, value: object, pattern: re.Pattern[str], expected: str) -> tuple[str, ...]:
    texts: Iterable[object] = value if isinstance(value, list) else ()
    found = tuple(text for text in texts if isinstance(text, str) and pattern.fullmatch(text))
    if not isinstance(value, list) or not found or len(found) != len(value):
        raise _wrong(file_name, key, f"expected a list of {expected}")
    return found


def _wrong(file_name: str, key: str, sentence: str) -> SettingsError:
    return AgentFileError(file_name, f"phone.{key}", f": {sentence}.")
