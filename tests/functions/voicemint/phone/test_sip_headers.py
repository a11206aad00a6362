"""Which numbers the headers of a phone call tell."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.webhooks.realtime_call_incoming_webhook_event import Data
from voicemint.errors import InvalidRequest
from voicemint.phone.sip_headers import IncomingCall, incoming_call, numbers_in

CALLED, CALLER, OTHER = "+18005550100", "+14155550123", "+4366012345678"


def call(*headers: tuple[str, str]) -> IncomingCall:
    data = {"call_id": "rtc_1", "sip_headers": [{"name": name, "value": value} for name, value in headers]}
    Data.model_validate(data, strict=True)
    return incoming_call(data)


def test_the_example_of_openais_guide() -> None:
    assert call(
        ("From", "sip:+142555512112@sip.example.com"),
        ("To", "sip:+18005551212@sip.example.com"),
        ("Call-ID", "03782086-4ce9-44bf-8b0d-4e303d2cc590"),
    ) == IncomingCall("rtc_1", "+18005551212", "+142555512112")


@pytest.mark.parametrize(
    "value",
    [f"<sip:{CALLER}@pstn.example.com>;tag=12_ab", f'"Ana \\"A\\" <x>" <sip:{CALLER}@host:5061;user=phone>;tag=1',
     f"Ana <tel:{CALLER}>", f"<SIP:{CALLER};npdi@host>", f"sips:{CALLER}@host", f"tel:{CALLER}",
     f"  <sip:{CALLER}@h> "],
)  # fmt: skip
def test_a_number_is_found_in_each_form_of_an_address(value: str) -> None:
    assert numbers_in(value) == [CALLER]


@pytest.mark.parametrize(
    "value",
    ["", "anonymous", '"Anonymous" <sip:anonymous@anonymous.invalid>', "<sip:ana@example.com>", "<sip:14155550123@h>",
     f'"<sip:{CALLER}@h>" <sip:evil@h>', f"<sip:evil@h>;x={CALLER}", f'<sip:evil@h>;x="<sip:{CALLER}@h>"',
     "<sip:+0415555012@h>", "<sip:+14155550123456789@h>", f"<http:{CALLER}@h>", f"<sip:a{CALLER}@h>",
     "<sip:%2B14155550123@h>",
     f"<sip:{CALLER}@h", '"', "<<>>", "<sip:+\uff114155550123@h>"],
)  # fmt: skip
def test_what_is_no_number_is_none(value: str) -> None:
    assert numbers_in(value) == []


def test_what_the_network_asserts_comes_before_what_the_caller_says() -> None:
    said, asserted = ("From", f"<sip:{OTHER}@h>;tag=1"), ("P-Asserted-Identity", f"<sip:{CALLER}@h>, <tel:{CALLER}>")
    assert call(said, asserted).caller == CALLER
    assert call(said, ("P-Asserted-Identity", "<sip:ana@h>")).caller == OTHER
    assert call(("f", f"<sip:{OTHER}@h>")).caller == OTHER


@pytest.mark.parametrize("name", ["From", "P-Asserted-Identity"])
def test_two_numbers_are_none(name: str) -> None:
    assert call((name, f"<sip:{CALLER}@h>"), (name.lower(), f"<sip:{OTHER}@h>")).caller is None
    assert call((name, f"<sip:{CALLER}@h>, <sip:{OTHER}@h>")).caller is None


def test_the_called_number_is_where_the_trunk_puts_it() -> None:
    openai = ("To", "<sip:proj_1@sip.api.openai.com;transport=tls>")
    diversion = ("Diversion", f"<sip:{CALLED}@twilio.com>;reason=unconditional")
    assert call(("To", f"<sip:{CALLED}@h>"), diversion).called == CALLED
    assert call(openai, diversion).called == CALLED
    assert call(openai, ("P-Called-Party-ID", f"<tel:{OTHER}>"), diversion).called == OTHER
    assert call(openai).called is None


@pytest.mark.parametrize("headers", [None, {}, "x", [None], [{}], [{"name": 1, "value": 2}], [{"name": "From"}], [[]]])
def test_headers_of_another_form_tell_nothing(headers: object) -> None:
    assert incoming_call({"call_id": "rtc_1", "sip_headers": headers}) == IncomingCall("rtc_1", None, None)


def test_what_is_too_long_or_too_much_is_left_out() -> None:
    padding = [("X", "y")] * 200
    assert call(*padding, ("From", f"<sip:{CALLER}@h>")).caller is None
    assert call(("From", f"<sip:{CALLER}@{'h' * 256}>")).caller is None
    assert call(*[("From", "<sip:anonymous@h>")] * 4, ("f", f"<sip:{CALLER}@h>")).caller is None


@pytest.mark.parametrize("call_id", [None, 7, "", "../x", "a/b", "a" * 129, "rtc 1", "rtc_1\n", "rtc\u0661"])
def test_an_event_without_a_usable_call_id_is_refused(call_id: object) -> None:
    with pytest.raises(InvalidRequest):
        incoming_call({"call_id": call_id, "sip_headers": []})


@given(st.text(max_size=1100) | st.text(alphabet='<>"\\;,:@+1 a', max_size=1100))
def test_no_header_takes_long_or_raises(value: str) -> None:
    assert all(number.startswith("+") for number in numbers_in(value))


@pytest.mark.parametrize("start", ["", " ", "<sip:a>;", '"', "<"])
@pytest.mark.parametrize("repeated", ["a", " ", '""', "\\\\", "<", "a ", ';"a'])
@pytest.mark.parametrize("end", ["", '"', ">", "\\"])
def test_a_header_takes_time_in_proportion_to_its_length(start: str, repeated: str, end: str) -> None:
    """65,536 characters: a quadratic expression would need minutes for them."""
    started = time.thread_time()
    numbers_in(start + repeated * (65_536 // len(repeated)) + end)
    assert time.thread_time() - started < 5
