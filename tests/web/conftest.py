"""A person at the page: real Chromium, a microphone that plays a WAV file, and a look at the wire."""

import os
import shutil
import subprocess
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import standins.local.site
from playwright.sync_api import Browser, Playwright, sync_playwright
from standins.agents_folder import agents_with
from standins.local.site import Site, local_run
from standins.openai.speech import write_wav
from standins.serving import ServerThread
from voicemint.agents.agent import UNIFIED

from .network import Network, network
from .openai_control import OpenAIControl
from .talker import Talker

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which(os.environ.get("CHROMIUM", "chromium"))
# The same engine without a window: a page of its own costs it a third of the processor's time. What only the whole
# browser has (a lock of the screen, a choice of loudspeakers) is tested with @in_the_whole_browser.
HEADLESS_SHELL = None if "CHROMIUM" in os.environ else shutil.which("chromium-headless-shell")
in_the_whole_browser = pytest.mark.whole_browser
MICROPHONE_RATE = 48_000
FLAGS = [
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--host-resolver-rules=MAP voicemint.test 127.0.0.1",
]
OpenPage = Callable[..., Talker]
# For who speaks some seconds after the call is connected, however long that takes: the browser's question about the
# microphone, which begins to play its file with the answer, is answered only then.
ALLOWED_WHEN_CONNECTED = """
{
  const open = navigator.mediaDevices.getUserMedia;
  navigator.mediaDevices.getUserMedia = async function (...parameters) {
    while (window.live === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    return open.apply(this, parameters);
  };
}
"""


def never_after(milliseconds: int) -> str:
    """A script: what the page would do after exactly so long, because nothing else came first, it never does."""
    return f"""
    {{
      const wait = setTimeout;
      window.setTimeout = (act, after, ...more) => (after === {milliseconds} ? 0 : wait(act, after, ...more));
    }}
    """


def never_later_than(milliseconds: int) -> str:
    """A script: what the page would do only after longer than this, it never does."""
    return f"""
    {{
      const wait = setTimeout;
      window.setTimeout = (act, after, ...more) => (after > {milliseconds} ? 0 : wait(act, after, ...more));
    }}
    """


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """For one module, not the session: its event loop would be in the way of asyncio tests elsewhere."""
    if CHROMIUM is None:
        pytest.skip("Chromium was not found: install it, or name one in CHROMIUM")
    with sync_playwright() as started:
        yield started


@pytest.fixture
def openai(site: Site) -> Iterator[OpenAIControl]:
    control = OpenAIControl.of(site)
    yield control
    control.clear()


@pytest.fixture(scope="session")
def unified_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`agents` whose calls the server sets up, and the page for them in `dist`."""
    folder = tmp_path_factory.mktemp("unified")
    agents_with(folder / "agents", UNIFIED)
    build_page(folder)
    return folder


@pytest.fixture(scope="session")
def unified_site(servers: ServerThread, unified_folder: Path) -> Site:
    """The whole local run and a page of its own for an agent whose calls the server sets up, for five minutes."""
    return site_in(unified_folder, servers, MAX_CALL_SECONDS="300")


@pytest.fixture(params=["site", "unified_site"])
def either_site(request: pytest.FixtureRequest) -> Site:
    """Calls that the page opens with a client secret, and calls that the server opens."""
    site: Site = request.getfixturevalue(request.param)
    return site


def site_of(folder: Path, servers: ServerThread, **environment: str) -> Site:
    """The whole local run and a page of its own for the agents in `folder`/agents."""
    build_page(folder)
    return site_in(folder, servers, **environment)


def build_page(folder: Path) -> None:
    """Builds the page for the agents in `folder`/agents to `folder`/dist."""
    environment = {**os.environ, "AGENTS_FOLDER": str(folder / "agents")}
    build = ["npm", "exec", "--", "vite", "build", "--logLevel=warn", "--outDir", str(folder / "dist"), "--emptyOutDir"]
    subprocess.run(build, cwd=ROOT / "web", env=environment, check=True, timeout=60)


def site_in(folder: Path, servers: ServerThread, **environment: str) -> Site:
    """The whole local run of the agents in `folder`/agents and the page in `folder`/dist."""
    shutil.copy(ROOT / "web" / "firebase.json", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standins.local.site, "FIREBASE_JSON", folder / "firebase.json")
        return servers.enter(local_run(folder, environment={"AGENTS_FOLDER": str(folder / "agents"), **environment}))


@pytest.fixture(scope="module")
def chromium(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Browser]:
    """Starts a browser whose microphone plays this file. Those of a module that hear nothing share one."""
    silence = tmp_path_factory.mktemp("microphone") / "silence.wav"
    write_wav(silence, "", rate=MICROPHONE_RATE, silence_after=120)
    shared: dict[tuple[str, bool], Browser] = {}

    def launch(wav: Path, permission: str, is_whole: bool) -> Browser:
        asking = f"--use-fake-ui-for-media-stream{permission}"
        capture = f"--use-file-for-fake-audio-capture={wav}%noloop"
        program = CHROMIUM if is_whole else HEADLESS_SHELL or CHROMIUM
        return playwright.chromium.launch(executable_path=program, args=[*FLAGS, asking, capture])

    def start(wav: Path | None, permission: str, is_whole: bool) -> Browser:
        if wav is not None:
            return launch(wav, permission, is_whole)
        kind = permission, is_whole
        if kind not in shared or not shared[kind].is_connected():
            shared[kind] = launch(silence, permission, is_whole)
        return shared[kind]

    return start


@pytest.fixture
def microphone(tmp_path: Path) -> Callable[..., Path]:
    """`microphone((4, "Tell me a story"), (6, "Stop"))`: seconds of silence, words, and so on; silence at the end."""

    def record(*spoken: tuple[float, str]) -> Path:
        parts = []
        for number, (silence, words) in enumerate(spoken or ((0, ""),)):
            parts.append(tmp_path / f"part-{number}.wav")
            write_wav(parts[-1], words, rate=MICROPHONE_RATE, silence_before=silence, silence_after=0.0)
        return joined(parts, tmp_path / "microphone.wav", silence_after=120)

    return record


@pytest.fixture
def open_page(chromium: Callable[..., Browser], site: Site, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Opens the page as on a device of its own; at the end nothing may have gone wrong in it unnoticed.

    `script` runs before the page's own: it makes the device another one, or watches it.
    """
    is_whole = request.node.get_closest_marker("whole_browser") is not None
    own_browsers: list[Browser] = []
    talkers: list[Talker] = []

    def open_(
        wav: Path | None = None, *, permission: str = "", url: str = "", script: str = "", **device: object
    ) -> Talker:
        browser = chromium(wav, permission, is_whole)
        if wav is not None:
            own_browsers.append(browser)
        context = browser.new_context(**device)  # type: ignore[arg-type]
        if script:
            context.add_init_script(script)
        talkers.append(Talker(context, url or site.invite_link()))
        return talkers[-1]

    yield open_
    for closable in (*(talker.context for talker in talkers), *own_browsers):
        closable.close()
    for talker in talkers:
        talker.assert_nothing_unnoticed()


@pytest.fixture
def cuttable(servers: ServerThread) -> Iterator[Network]:
    """A network to stand before a browser and to cut."""
    made = servers.run(network())
    yield made
    servers.run(made.close())


def joined(parts: list[Path], whole: Path, silence_after: float) -> Path:
    with wave.open(str(whole), "wb") as file:
        file.setparams((1, 2, MICROPHONE_RATE, 0, "NONE", ""))
        for part in parts:
            with wave.open(str(part), "rb") as read:
                file.writeframes(read.readframes(read.getnframes()))
        file.writeframes(bytes(round(2 * MICROPHONE_RATE * silence_after)))
    return whole
