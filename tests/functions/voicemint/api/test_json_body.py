import pytest
from voicemint.api.json_body import fields
from voicemint.errors import InvalidJson, InvalidRequest, UnknownField


def test_the_fields_are_those_of_the_object_and_any_may_be_missing() -> None:
    assert fields(b'{"agent": "guide"}', agent=str, voice=str) == {"agent": "guide"}
    assert fields(b"{}", agent=str) == {}
    assert fields(b'{"agent": null}', agent=str | None) == {"agent": None}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", InvalidJson),
        (b"[]", InvalidRequest),
        (b"null", InvalidRequest),
        (b'{"agent": 7}', InvalidRequest),
        (b'{"agent": null}', InvalidRequest),
        (b'{"model": "a"}', UnknownField),
        (b'{"agent": 7, "model": "a"}', UnknownField),
    ],
    ids=["empty", "list", "null", "number", "null field", "unknown", "unknown first"],
)
def test_anything_else_is_refused_in_words_that_name_our_fields_only(body: bytes, error: type[InvalidRequest]) -> None:
    with pytest.raises(error) as caught:
        fields(body, agent=str, voice=str)
    assert type(caught.value) is error
    assert "model" not in caught.value.message


def test_a_field_that_is_not_a_string_is_named() -> None:
    with pytest.raises(InvalidRequest, match=r"^The field voice must be a string\.$"):
        fields(b'{"voice": 7}', agent=str, voice=str)
