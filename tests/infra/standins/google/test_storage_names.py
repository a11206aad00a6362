"""Object names: any that Google takes is kept, apart from every other, inside the folder."""

from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standins.google.storage import names

from .conftest import BUCKET, Api, error_of

HOSTILE_NAMES = [
    "../../up",
    "..\\..\\up",
    "/etc/passwd",
    "a/../../up",
    "a/./b",
    "a//b",
    "a/",
    "/",
    "//",
    "...",
    ".hidden",
    ".bucket",
    ".x.json",
    "a/.x.json",
    "%2e%2e/up",
    "%",
    "a%",
    "a.",
    "a.%",
    "nul\x00byte",
    "tab\there",
    "ünïcödé/日本語/🎤.ndjson",
    "e\u0301 and \u00e9",
    "s" * 1024,
    "/".join(["d"] * 512),
    "l" * 300 + "/" + "m" * 300 + ".json",
    "question?and#hash&amp=1",
    'a:b|c<d>e*f"g',
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: ascii(name[:20]))
def test_any_name_is_kept_inside_the_folder(api: Api, folder: Path, name: str) -> None:
    before = set(folder.parent.iterdir())
    assert api.put(name, name.encode()).json()["name"] == name
    assert requests.get(api.object(name), params={"alt": "media"}, timeout=5).content == name.encode()
    assert [item["name"] for item in requests.get(api.objects, timeout=5).json()["items"]] == [name]
    assert set(folder.parent.iterdir()) == before
    assert {path.name for path in folder.iterdir()} == {BUCKET}
    assert requests.delete(api.object(name), timeout=5).status_code == 204
    assert "items" not in requests.get(api.objects, timeout=5).json()


def test_names_that_look_alike_on_disk_are_different_objects(api: Api) -> None:
    alike = ["a", "a.", "a/b", "a/b/c", "a%2E", "a/", "a//", "A", ".a", "%2Ea", "a.json", ".a.json", "é", "e\u0301"]
    for name in alike:
        api.put(name, name.encode())
    for name in alike:
        assert requests.get(api.object(name), params={"alt": "media"}, timeout=5).content == name.encode()
    assert [item["name"] for item in requests.get(api.objects, timeout=5).json()["items"]] == sorted(alike)


@given(st.text(min_size=1, max_size=60).filter(lambda name: names.name_problem(name) is None))
@settings(max_examples=300, suppress_health_check=[HealthCheck.filter_too_much])
def test_every_name_has_a_path_of_its_own_within(name: str) -> None:
    path = names.data_path(name)
    assert not path.is_absolute()
    assert len(path.parts) == name.count("/") + 1
    assert all(part not in ("", ".", "..") and not part.startswith(".") for part in path.parts)
    assert all("." not in part for part in path.parts[:-1])
    assert "." in path.name
    assert names.metadata_path(name).name.startswith(".")


@given(
    st.lists(st.text(alphabet="aA.%/2E\u00e9\u2028\\:", min_size=1, max_size=8), min_size=2, max_size=2, unique=True)
)
@settings(max_examples=300)
def test_two_names_never_share_a_file(pair: list[str]) -> None:
    assert names.data_path(pair[0]) != names.data_path(pair[1])


@pytest.mark.parametrize("name", [".", "..", "a\nb", "a\rb", "s" * 1025, ""], ids=lambda name: ascii(name[:20]))
def test_a_name_that_google_refuses_is_refused(api: Api, name: str) -> None:
    assert error_of(api.put(name)) == (400, "invalid")


def test_a_name_that_is_not_text_is_refused(api: Api) -> None:
    body = '--b\r\n\r\n{"name": "\\ud800"}\r\n--b\r\n\r\nx\r\n--b--'
    headers = {"Content-Type": "multipart/related; boundary=b"}
    answer = requests.post(f"{api.uploads}?uploadType=multipart", data=body, headers=headers, timeout=5)
    assert error_of(answer) == (400, "invalid")
