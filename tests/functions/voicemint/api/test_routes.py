"""What a route may be; what routes answer is in the tests of the functions."""

import pytest
from voicemint.access.person import NOBODY
from voicemint.api.routes import Answer, Route


def route(max_body_bytes: int) -> Route:
    return Route(answer=lambda _request: Answer(), access=lambda _request: NOBODY, max_body_bytes=max_body_bytes)


def test_a_route_takes_no_more_than_the_server_empties_after_an_error() -> None:
    assert route(65_535).max_body_bytes == 65_535
    with pytest.raises(ValueError, match="at most 65535 bytes, found 65536"):
        route(65_536)
