"""The page on a home screen: installed, opened without a network, and renewed."""

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect
from standins.local.site import Site
from standins.serving import ServerThread

from .conftest import ROOT, OpenPage, in_the_whole_browser, site_in
from .talker import Talker
from .test_tools import has_the_sdk

WEB, AGENTS = ROOT / "web", ROOT / "functions" / "agents"


def test_without_a_network_the_page_opens_and_says_what_is_missing(open_page: OpenPage, site: Site) -> None:
    talker = open_page()
    expect(talker.button("Start talking")).to_be_visible()
    talker.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    talker.lose_the_network()
    talker.page.goto(site.url)
    expect(talker.alert).to_contain_text("You are offline")
    talker.open_sheet("Options")
    talker.page.get_by_label("Language").select_option("es")
    expect(talker.page.get_by_role("heading", name="Opciones")).to_be_visible()
    talker.escape_sheet()
    talker.find_the_network()
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


@pytest.fixture(params=["client-secret", "unified"])
def own_page(request: pytest.FixtureRequest, tmp_path: Path, servers: ServerThread) -> tuple[Site, Path]:
    """A local run, in each set-up, with a build of the page that a test may change."""
    is_unified = request.param == "unified"
    folder = request.getfixturevalue("unified_folder") if is_unified else WEB
    built = shutil.copytree(folder / "dist", tmp_path / "dist")
    shutil.copytree(folder / "agents" if is_unified else AGENTS, tmp_path / "agents")
    return site_in(tmp_path, servers, PERSON_PER_MINUTE="1000", INSTANCE_PER_MINUTE="1000"), built


def test_a_release_while_two_tabs_are_open_takes_nothing_from_a_call(
    open_page: OpenPage, own_page: tuple[Site, Path]
) -> None:
    site, built = own_page
    talker = kept_on_the_device(open_page, site)
    other = talker.beside()
    talker.start()
    has_the_sdk(talker)  # what was asked for before the release is here
    release(built, "renewed")
    other.page.evaluate(LOOK_FOR_UPDATE)
    renew(other, "renewed")
    talker.context.new_cdp_session(talker.page).send("Network.clearBrowserCache")
    talker.open_sheet("Details")  # loaded only now: the site does not have it any more
    talker.escape_sheet()
    expect(talker.page.get_by_text(NEWER)).to_be_hidden()  # in a call
    talker.end()
    expect(talker.page.get_by_text(NEWER)).to_be_visible()
    renew(talker, "renewed")  # no worker waits any more: the other tab has changed over
    release(built, "again")
    other.page.evaluate(LOOK_FOR_UPDATE)
    renew(other, "again")
    versions = talker.eventually(lambda: talker.page.evaluate(VERSIONS), lambda versions: len(versions) == 2)
    assert versions == ["voicemint-renewed", "voicemint-again"]  # the talker's page and the other's, none before


def test_what_a_release_took_off_the_site_is_told_with_an_offer_to_reload(
    open_page: OpenPage, own_page: tuple[Site, Path]
) -> None:
    site, built = own_page
    talker = kept_on_the_device(open_page, site)
    talker.may_log_errors = True  # the browser's own, about what is missing
    release(built, "renewed")
    talker.reload()  # the first opening after it: still the version that the device has
    talker.start()
    expect(talker.page.get_by_text("Part of this page could not be loaded.")).to_be_visible()
    renew(talker, "renewed")
    talker.start()
    talker.hears_it_out()
    talker.write("What is the date?")
    talker.reads("Used local_time", "time zone")


def kept_on_the_device(open_page: OpenPage, site: Site) -> Talker:
    """A page that comes from the device from now on."""
    talker = open_page(url=site.invite_link())
    expect(talker.button("Start talking")).to_be_visible()
    talker.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    talker.reload()
    expect(talker.button("Start talking")).to_be_visible()
    return talker


def renew(talker: Talker, version: str) -> None:
    with talker.page.expect_navigation():
        talker.button("Reload").click()
    expect(talker.page).to_have_title(f"Voicemint, {version}")
    expect(talker.button("Start talking")).to_be_visible()
    expect(talker.button("Reload")).to_be_hidden()


def release(built: Path, version: str) -> None:
    """Another build: its title and its version are others, and so are the names of all its assets."""
    assets = [file for file in (built / "assets").iterdir() if file.is_file()]
    names = {file.name: f"{file.stem}-{version}{file.suffix}" for file in assets}
    for file in [*assets, built / "index.html", built / "service-worker.js"]:
        text = file.read_text()
        for old, new in names.items():
            text = text.replace(old, new)
        text = re.sub(r"<title>Voicemint[^<]*<", f"<title>Voicemint, {version}<", text)
        file.write_text(re.sub(r'"version":"\w+"', f'"version":"{version}"', text))
    for file in assets:
        file.rename(file.with_name(names[file.name]))


NEWER = "A new version of this page is ready."
LOOK_FOR_UPDATE = "async () => { await (await navigator.serviceWorker.ready).update(); }"
VERSIONS = "async () => (await caches.keys()).filter((name) => name !== 'voicemint-pages')"


@in_the_whole_browser
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
