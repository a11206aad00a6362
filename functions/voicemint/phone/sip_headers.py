"""Who calls whom, as far as the headers of a phone call tell. Nothing in them is proven.

OpenAI passes on what the trunk sent, and whoever knows the project's id can send OpenAI a call with headers of their
own making. So a number chooses the agent and keeps strangers out that do not know better; it is never an identity, and
what bounds the cost is the line's own limits.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from voicemint.calls.call import is_call_id
from voicemint.errors import InvalidRequest

EVENT_TYPE = "realtime.call.incoming"
MAX_HEADERS = 200
MAX_HEADERS_OF_A_NAME = 4
MAX_HEADER_CHARACTERS = 256

_COMPACT = {"f": "from", "t": "to"}
# name-addr or addr-spec of RFC 3261, with its parameters: an address inside a quoted name does not count. Every
# quantifier is possessive (`*+`): without it, the time grows with the square of what a caller sends.
_ADDRESS = re.compile(
    r"""\s*+(?:(?:"(?:[^"\\]|\\.)*+"\s*+|[^"<>,;]*+)<([^<>]*+)>|([^"<>,;\s]++))"""
    r"""(?:[^",]|"(?:[^"\\]|\\.)*+")*+(?:,|\Z)"""
)
_NUMBER_URI = re.compile(r"(?:sips?|tel):(\+[1-9][0-9]{6,14})(?:[@;?].*)?", re.ASCII | re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A call that rings. Numbers are E.164; None where the headers do not tell one, or more than one."""

    call_id: str
    called: str | None
    caller: str | None


def incoming_call(data: Any) -> IncomingCall:
    """From the event's `data`. Raises InvalidRequest where there is no call to speak of."""
    call_id = data.get("call_id") if isinstance(data, dict) else None
    if not isinstance(call_id, str) or not is_call_id(call_id):
        raise InvalidRequest("Expected data.call_id of the incoming call.")
    headers = list(_headers(data.get("sip_headers")))
    return IncomingCall(call_id, _called(headers), _caller(headers))


def _headers(value: Any) -> Iterator[tuple[str, str]]:
    """(name, value), if they are of the expected form. What a caller makes too long or too many is left out."""
    seen: Counter[str] = Counter()
    for header in value[:MAX_HEADERS] if isinstance(value, list) else ():
        if isinstance(header, dict) and isinstance(header.get("name"), str) and isinstance(header.get("value"), str):
            name = header["name"][:MAX_HEADER_CHARACTERS].lower()
            name = _COMPACT.get(name, name)
            seen[name] += 1
            if seen[name] <= MAX_HEADERS_OF_A_NAME and len(header["value"]) <= MAX_HEADER_CHARACTERS:
                yield name, header["value"]


def _called(headers: list[tuple[str, str]]) -> str | None:
    """Trunks differ in where they say it: some put OpenAI's own address into To."""
    for name in ("to", "p-called-party-id", "diversion"):
        numbers = _numbers(headers, name)
        if numbers:
            return numbers[0]
    return None


def _caller(headers: list[tuple[str, str]]) -> str | None:
    """What the network asserts (RFC 3325) before what the caller says. Two numbers are none."""
    asserted = set(_numbers(headers, "p-asserted-identity"))
    said = asserted or set(_numbers(headers, "from"))
    return said.pop() if len(said) == 1 else None


def _numbers(headers: list[tuple[str, str]], name: str) -> list[str]:
    return [number for found, value in headers if found == name for number in numbers_in(value)]


def numbers_in(value: str) -> list[str]:
    """The E.164 numbers among the addresses of one header; none where it is not a list of addresses."""
    numbers, position = [], 0
    while position < len(value):
        address = _ADDRESS.match(value, position)
        if address is None:
            return []
        number = _NUMBER_URI.fullmatch(address[1] if address[1] is not None else address[2])
        if number is not None:
            numbers.append(number[1])
        position = address.end()
    return numbers
