import json
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from voicemint.errors import InvalidRequest
from voicemint.payloads.batch import (
    MAX_EVENTS,
    MAX_STRING_BYTES,
    batch_day,
    encode_records,
    object_name,
    parse_batch,
    parse_batch_header,
    server_event,
    server_object_name,
)

NOW = datetime(2026, 11, 21, 0, 5, tzinfo=UTC)
OBJECT_NAME = re.compile(r"calls/dt=\d{4}-\d\d-\d\d/[A-Za-z0-9_-]{1,128}/\d{6}-[0-9a-f]{16}\.ndjson", re.ASCII)


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def test_reads_a_batch_line_by_line() -> None:
    assert parse_batch(b'{"a":1}\n{"b":[true,null]}\n', "transcript") == [{"a": 1}, {"b": [True, None]}]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "Line 1 .* not valid JSON"),
        (b'{"a":1}\n\n{"b":1}', "Line 2 .* not valid JSON"),
        (b"[1]", "expected a JSON object"),
        (b"7", "expected a JSON object"),
        (b'{"a":NaN}', "not valid JSON"),
        (b'{"a":-Infinity}', "not valid JSON"),
        (b'{"a":1e999}', "out of range"),
        (b'{"a":%d}' % 2**63, "out of range"),
        (b'{"a":' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"a":"\xff"}', "not valid JSON"),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
        (nested(17), "deeper than 16 levels"),
        (nested(100_000), "not valid JSON"),
        (b'{"a":"' + b"x" * (MAX_STRING_BYTES + 1) + b'"}', "string longer than 8192 bytes"),
        (b'{"' + b"k" * (MAX_STRING_BYTES + 1) + b'":1}', "string longer than 8192 bytes"),
        (b"{}\n" * (MAX_EVENTS + 1), "has 201 lines; at most 200"),
    ],
    ids=str,
)
def test_refuses_a_batch_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        parse_batch(body, "transcript")


@pytest.mark.parametrize(
    "body",
    [nested(16), b"{}\n" * MAX_EVENTS, b'{"a":%d}' % (2**63 - 1), b'{"a":"' + b"x" * MAX_STRING_BYTES + b'"}'],
    ids=["levels", "events", "integer", "string"],
)
def test_takes_a_batch_at_each_limit(body: bytes) -> None:
    assert parse_batch(body, "transcript")


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-0123456789abcdef",
        "ek_0123456789abcdef",
        "whsec_0123456789abcdef",
        "Bearer abcdef0123456789",
        "__session=v1.abc.def",
        "Cookie: a=b; other=secretvalue",
    ],
)
def test_redacts_what_looks_like_a_secret_wherever_it_stands(secret: str) -> None:
    body = json.dumps({"event": {secret: [f"before {secret} after"]}}).encode()
    stored = encode_records(parse_batch(body, "transcript"), {})
    assert secret.split("=")[-1].split(" ")[-1] not in stored.decode()
    assert b"[redacted]" in stored


def test_redacts_a_secret_that_is_written_with_escapes() -> None:
    stored = encode_records(parse_batch(b'{"a":"\\u0073k-0123456789abcdef"}', "transcript"), {})
    assert b"0123456789" not in stored


def test_metadata_level_keeps_how_a_call_went_and_nothing_that_was_said() -> None:
    event = {
        "at": "2026-11-21T00:00:00Z",
        "direction": "server",
        "event": {
            "type": "response.done",
            "response": {
                "id": "resp_1",
                "usage": {"total_tokens": 7},
                "output": [{"id": "item_1", "role": "assistant", "content": [{"transcript": "My name is Ana"}]}],
            },
            "delta": "Ana",
            "arguments": '{"name":"Ana"}',
            "anything": ["Ana"],
        },
    }
    (kept,) = parse_batch(json.dumps(event).encode(), "metadata")
    assert "Ana" not in json.dumps(kept)
    assert kept["event"]["response"]["usage"] == {"total_tokens": 7}
    assert kept["event"]["response"]["output"][0]["role"] == "assistant"
    assert kept["at"] == "2026-11-21T00:00:00Z"


def test_client_data_cannot_pose_as_the_servers_own_fields() -> None:
    line = encode_records([{"call_id": "forged", "severity": "EMERGENCY"}], {"call_id": "rtc_1"})
    assert json.loads(line) == {
        "call_id": "rtc_1",
        "line": 0,
        "client": {"call_id": "forged", "severity": "EMERGENCY"},
    }


def test_a_record_stays_on_its_line() -> None:
    stored = encode_records([{"a": 'x\n{"severity":"EMERGENCY"}\r\u2028y'}], {})
    assert stored.count(b"\n") == 1
    assert stored.isascii()


def test_the_same_bytes_get_the_same_name() -> None:
    day = date(2026, 11, 21)
    assert object_name("rtc_1", 7, b"a", day) == "calls/dt=2026-11-21/rtc_1/000007-ca978112ca1bbdca.ndjson"
    assert object_name("rtc_1", 7, b"b", day) != object_name("rtc_1", 7, b"a", day)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-20T23:59:59.999Z", date(2026, 11, 20)),
        ("2026-11-21T01:30:00+02:00", date(2026, 11, 20)),
        ("2026-11-22T23:00:00Z", date(2026, 11, 22)),
        ("2001-01-01T00:00:00Z", NOW.date()),
        ("9999-12-31T23:59:59-23:00", NOW.date()),
        ("yesterday", NOW.date()),
        (7, NOW.date()),
        (None, NOW.date()),
    ],
    ids=str,
)
def test_a_batch_belongs_to_the_day_of_its_first_event_unless_the_clock_is_off(at: object, day: date) -> None:
    assert batch_day([{"at": at}], NOW) == day


def test_a_batch_without_a_time_belongs_to_today() -> None:
    assert batch_day([{}], NOW) == NOW.date()


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "rtc_1",
        "rtc_1/",
        "/1",
        "rtc_1/1234567",
        "rtc_1/-1",
        "rtc_1/\u0661",
        "../../x/1",
        "rtc_1/1\n",
        "a b/1",
        "x" * 129 + "/1",
        "rtc_1/1/2",
    ],
)
def test_refuses_a_batch_header_that_is_not_of_the_form(value: str | None) -> None:
    with pytest.raises(InvalidRequest, match="Voicemint-Batch"):
        parse_batch_header(value)


def test_reads_the_batch_header() -> None:
    assert parse_batch_header("rtc_u1-Ab/000042") == ("rtc_u1-Ab", 42)


@given(st.text(), st.binary())
def test_a_hostile_header_never_leaves_the_calls_folder(value: str, body: bytes) -> None:
    try:
        call_id, sequence = parse_batch_header(value)
    except InvalidRequest:
        return
    assert OBJECT_NAME.fullmatch(object_name(call_id, sequence, body, NOW.date()))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.binary() | json_values.map(lambda value: json.dumps({"event": value}).encode()))
def test_any_batch_is_read_or_refused_and_what_is_read_can_be_stored(body: bytes) -> None:
    try:
        events = parse_batch(body, "transcript")
    except InvalidRequest:
        return
    lines = encode_records(events, {}).splitlines()
    assert [json.loads(line)["client"] for line in lines] == events


def test_what_the_server_heard_lies_beside_what_the_browser_sent_under_a_name_of_its_own() -> None:
    name = server_object_name("rtc_1", "response.done/resp_1", NOW.date())
    assert re.fullmatch(r"calls/dt=2026-11-21/rtc_1/server-[0-9a-f]{16}\.ndjson", name)
    assert name == server_object_name("rtc_1", "response.done/resp_1", NOW.date())
    assert name != server_object_name("rtc_1", "response.done/resp_2", NOW.date())
    assert json.loads(encode_records([{"type": "x"}], {"call_id": "rtc_1"}, "server")) == {
        "call_id": "rtc_1",
        "line": 0,
        "server": {"type": "x"},
    }


def test_an_event_of_openais_is_redacted_and_never_refused() -> None:
    event = {"type": "x", "key": "sk-0123456789abcdef", "image": "y" * 9000, "n": 10**30, "f": float("inf")}
    assert server_event(event, "transcript") == {
        "type": "x",
        "key": "[redacted]",
        "image": "[left out]",
        "n": "[left out]",
        "f": "[left out]",
    }
    assert server_event({"type": "x", "transcript": "a secret"}, "metadata") == {"type": "x", "transcript": None}


@given(json_values)
def test_any_event_of_openais_can_be_stored(value: object) -> None:
    cleaned = server_event({"event": value}, "transcript")
    assert json.loads(encode_records([cleaned], {}, "server"))["server"] == cleaned
