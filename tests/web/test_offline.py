"""The page on a home screen: installed, opened without a network, and renewed."""

import json
import re
import shutil
from pathlib import Path

import pytest
import standins.local_run
from playwright.sync_api import expect
from standins.local_run import Site, local_run
from standins.serving import ServerThread

from .conftest import OpenPage

WEB = Path(__file__).parents[2] / "web"


def test_without_a_network_the_page_opens_and_says_what_is_missing(open_page: OpenPage, site: Site) -> None:
    talker = open_page()
    expect(talker.button("Start talking")).to_be_visible()
    talker.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    talker.may_log_errors = True
    talker.context.set_offline(True)
    talker.page.goto(site.url)
    expect(talker.alert).to_contain_text("There is no network")
    talker.open_sheet("Options")
    talker.page.get_by_label("Language").select_option("es")
    expect(talker.page.get_by_role("heading", name="Opciones")).to_be_visible()
    talker.page.keyboard.press("Escape")
    talker.context.set_offline(False)
    expect(talker.alert).to_be_empty()
    talker.button("Empezar a hablar").click()
    expect(talker.status).to_have_text("Conectado")
    talker.assert_policy_kept()


def test_nothing_of_the_functions_is_kept_on_the_device(open_page: OpenPage) -> None:
    talker = open_page()
    expect(talker.button("Start talking")).to_be_visible()
    talker.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    talker.reload()
    talker.start()
    talker.end()
    kept: list[str] = talker.page.evaluate(KEPT)
    assert "/" in kept
    assert any(path.startswith("/assets/") for path in kept)
    assert [path for path in kept if path.startswith("/api/")] == []


KEPT = """
async () => {
  const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  const requests = (await Promise.all(caches_.map((cache) => cache.keys()))).flat();
  return requests.map(({ url }) => new URL(url).pathname);
}
"""


@pytest.fixture
def own_page(tmp_path: Path, servers: ServerThread, monkeypatch: pytest.MonkeyPatch) -> tuple[Site, Path]:
    """A local run with a build of the page that a test may change."""
    built = shutil.copytree(WEB / "dist", tmp_path / "dist")
    shutil.copy(WEB / "firebase.json", tmp_path)
    monkeypatch.setattr(standins.local_run, "FIREBASE_JSON", tmp_path / "firebase.json")
    return servers.enter(local_run(tmp_path)), built


def test_a_newer_version_is_offered_outside_calls_and_taken_over_at_a_tap(
    open_page: OpenPage, own_page: tuple[Site, Path]
) -> None:
    site, built = own_page
    talker = open_page(url=site.invite_link())
    expect(talker.button("Start talking")).to_be_visible()
    talker.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    talker.reload()  # from here on the worker serves the page
    expect(talker.button("Start talking")).to_be_visible()
    newer(built)
    talker.page.evaluate("async () => { await (await navigator.serviceWorker.ready).update(); }")
    offer = talker.page.get_by_text("A new version of this page is ready.")
    expect(offer).to_be_visible()
    talker.start()
    expect(offer).to_be_hidden()
    talker.end()
    with talker.page.expect_navigation():
        talker.button("Reload").click()
    expect(talker.page).to_have_title("Voicemint, renewed")
    expect(offer).to_be_hidden()


def newer(built: Path) -> None:
    """Another page, and a worker that knows it by another version."""
    page, worker = built / "index.html", built / "service-worker.js"
    page.write_text(page.read_text().replace("<title>Voicemint<", "<title>Voicemint, renewed<"))
    worker.write_text(re.sub(r'"version":"\w{16}"', '"version":"renewed"', worker.read_text()))


def test_it_can_be_installed(open_page: OpenPage, site: Site) -> None:
    talker = open_page()
    session = talker.context.new_cdp_session(talker.page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] == [IN_A_PRIVATE_WINDOW]
    for icon in json.loads(manifest["data"])["icons"]:
        answer = talker.page.request.get(site.url.rstrip("/") + icon["src"])
        assert answer.ok
        assert answer.headers["content-type"] == icon["type"]


IN_A_PRIVATE_WINDOW = {"errorId": "in-incognito", "errorArguments": []}
