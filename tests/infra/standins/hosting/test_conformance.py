"""The Hosting stand-in and the real Hosting emulator give the same answers to the same requests."""

import http.client
from urllib.parse import urlsplit

import pytest

from ....npm import INSTALL_SECONDS
from .cases import CASES, HOST, Case
from .emulator_process import START_SECONDS

# The first of these may have to install the emulator.
pytestmark = pytest.mark.timeout(INSTALL_SECONDS + START_SECONDS + 30)
# How the answer travelled, when, and from which program: no part of what Hosting decides.
UNCOMPARED_HEADERS = frozenset(
    {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding", "x-powered-by"}
)
# Both have them; the values are each one's own (MD5 there, SHA-256 as in production here).
OPAQUE_HEADERS = frozenset({"etag", "last-modified"})


Answer = dict[str, object]


def ask(base_url: str, case: Case) -> Answer:
    """The answer, flat: "status", "body" and "header NAME" for each header."""
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=20)
    try:
        headers = {"Host": HOST, "Accept-Encoding": "identity", **case.headers}
        connection.request(case.method, case.target, body=case.body, headers=headers)
        response = connection.getresponse()
        answer: Answer = {"status": response.status, "body": response.read()}
    finally:
        connection.close()
    for name in {name.lower() for name, _ in response.getheaders()} - UNCOMPARED_HEADERS:
        answer[f"header {name}"] = "…" if name in OPAQUE_HEADERS else response.msg.get_all(name)
    return answer


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_stand_in_answers_as_the_emulator_does(site_url: str, emulator_url: str, case: Case) -> None:
    ours, theirs = ask(site_url, case), ask(emulator_url, case)
    different = {
        part: (ours.get(part), theirs.get(part)) for part in ours | theirs if ours.get(part) != theirs.get(part)
    }
    # A difference that is right must still be there, and be the only one.
    assert different.keys() == set(case.differs), f"(ours, emulator's) differ: {different}"
