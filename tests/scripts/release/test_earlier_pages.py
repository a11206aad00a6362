"""What a release keeps of those before it: sites are folders here, served as they are."""

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from release.earlier_pages import KEPT, LIST, keep_earlier_pages

Build = Callable[..., Path]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    servers: list[ThreadingHTTPServer] = []

    def start(folder: Path) -> str:
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)))
        threading.Thread(target=servers[-1].serve_forever).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """`build("one", page="1", sheet="2")`: a page with an asset for each word, named by its content as builds do."""

    def make(name: str, **words: str) -> Path:
        built = tmp_path / name
        (built / "assets").mkdir(parents=True)
        files = {f"/assets/{stem}-{word}.js": f"say({word})" for stem, word in words.items()}
        for file, content in files.items():
            (built / file[1:]).write_text(content)
        first, *others = files
        shell = {"version": name, "files": ["/", *others], "later": [first]}
        (built / "service-worker.js").write_text(f"const SHELL={json.dumps(shell)};\nself.x=1;")
        return built

    return make


def assets(built: Path) -> list[str]:
    return sorted(file.name for file in (built / "assets").iterdir())


def test_the_assets_of_the_release_before_stay_on_the_site(serve: Callable[[Path], str], build: Build) -> None:
    old = build("old", page="1", sheet="2")
    keep_earlier_pages(serve(old), old)
    new = build("new", page="3", sheet="2")
    keep_earlier_pages(serve(old), new)
    assert assets(new) == ["page-1.js", "page-3.js", "sheet-2.js"]
    assert (new / "assets" / "page-1.js").read_text() == "say(1)"
    assert [sorted(release) for release in json.loads((new / LIST).read_text())] == [
        ["assets/page-3.js", "assets/sheet-2.js"],
        ["assets/page-1.js", "assets/sheet-2.js"],
    ]


def test_they_go_after_some_releases_and_the_same_page_again_counts_once(
    serve: Callable[[Path], str], build: Build
) -> None:
    live = build("0", page="0")
    keep_earlier_pages(serve(live), live)
    for number in range(1, KEPT + 2):
        for again in ("", "-again"):
            built = build(f"{number}{again}", page=str(number))
            keep_earlier_pages(serve(live), built)
            live = built
    assert assets(live) == [f"page-{number}.js" for number in range(1, KEPT + 2)]


def test_what_an_earlier_run_left_in_the_build_goes(serve: Callable[[Path], str], build: Build) -> None:
    built = build("new", page="3")
    (built / "assets" / "page-0.js").write_text("say(0)")
    keep_earlier_pages(serve(built), built)
    assert assets(built) == ["page-3.js"]


@pytest.mark.parametrize(
    "listed",
    [
        None,
        "<html>",
        "{}",
        '[{"../outside.js": "0"}]',
        '[{"assets/../outside.js": "0"}]',
        '[{"assets/page-1.js": "of other content"}]',
        '[{"assets/missing.js": "0"}]',
    ],
    ids=["nothing", "no_json", "no_list", "outside", "outside_by_assets", "other_content", "missing"],
)
def test_a_site_that_says_nothing_usable_stops_no_release(
    serve: Callable[[Path], str], build: Build, listed: str | None
) -> None:
    live = build("live", page="1")
    (live / "outside.js").write_text("say(0)")
    if listed is not None:
        (live / LIST).write_text(listed)
    built = build("new", page="3")
    keep_earlier_pages(serve(live), built)
    assert assets(built) == ["page-3.js"]
    assert not (built / "outside.js").exists()


def test_without_a_site_there_is_nothing_to_keep(build: Build) -> None:
    built = build("new", page="3")
    keep_earlier_pages("http://127.0.0.1:9", built)
    assert assets(built) == ["page-3.js"]
