"""Lists of what a project has: page by page, bounded, at the addresses that gcloud asks too."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from common.gcloud import GcloudFailed
from common.names import read_names
from provision.lists import MAX_PAGES, Listing, billing_of, listings, newest_version_of, objects, project, services

ROOT = Path(__file__).parents[2]
URL = "https://example.googleapis.com/v1/things"


def pages(*answers: dict[str, Any]) -> tuple[list[str], Callable[[str], Any]]:
    """What was asked, and a `get` that gives these answers in turn."""
    asked: list[str] = []

    def get(url: str) -> Any:
        asked.append(url)
        return answers[len(asked) - 1]

    return asked, get


def test_every_page_is_asked_for_by_the_token_of_the_one_before() -> None:
    asked, get = pages({"things": [1, 2], "nextPageToken": "a/b&c"}, {"things": [3]})
    assert Listing("example", "example", URL, ("things",)).read(get) == [1, 2, 3]
    assert asked == [URL, f"{URL}?pageToken=a%2Fb%26c"]


def test_a_url_that_has_a_query_keeps_it() -> None:
    asked, get = pages({"nextPageToken": "a"}, {})
    Listing("example", "example", f"{URL}?filter=x", ("things",)).read(get)
    assert asked[1] == f"{URL}?filter=x&pageToken=a"


def test_services_of_cloud_run_continue_as_kubernetes_lists_do() -> None:
    asked, get = pages({"items": [1], "metadata": {"continue": "next"}}, {"items": [2], "metadata": {}})
    run = listings(read_names({}, ROOT / "infra" / "project.env", "some-project"))["run_services"]
    assert run.read(get) == [1, 2]
    assert asked == [run.url, f"{run.url}?continue=next"]


def test_objects_and_folders_are_one_list() -> None:
    _, get = pages({"items": [{"name": "control.json"}], "prefixes": ["calls/"]})
    assert objects("some-bucket").read(get) == [{"name": "control.json"}, "calls/"]


def test_a_list_without_end_is_given_up() -> None:
    with pytest.raises(GcloudFailed, match=f"more than {MAX_PAGES} pages"):
        Listing("example", "example", URL, ("things",)).read(lambda _url: {"nextPageToken": "again"})


def test_only_google_is_asked_and_no_secret_is_in_an_address() -> None:
    names = read_names({}, ROOT / "infra" / "project.env", "some-project")
    questions = [project("p"), billing_of("p"), services("p"), newest_version_of(names, "s"), *listings(names).values()]
    for question in questions:
        assert re.match(r"https://[a-z0-9-]+(\.googleapis\.com|-run\.googleapis\.com)/[\w/.:?=&%-]+$", question.url)
