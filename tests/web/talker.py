"""The person at the page, who knows accessible names only, and the observer at the wire."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect
from standins.guest import MARK, take_link

T = TypeVar("T")
POLL_MILLISECONDS = 50
PATIENCE_MILLISECONDS = 20_000
AUDIBLE = 0.02  # of 1.0; a quiet voice reaches 0.1

# Runs before the page's own scripts: remembers each event on the data channel, and what the browser refuses.
OBSERVE_THE_WIRE = """
window.wire = [];
window.violations = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  violations.push(`${violatedDirective} ${blockedURI}`));
const create = RTCPeerConnection.prototype.createDataChannel;
RTCPeerConnection.prototype.createDataChannel = function (...parameters) {
  window.connection = this;
  const channel = create.apply(this, parameters);
  const { send, close } = channel;
  let isLeft = false; // by the page: what is still delivered then, the page does not hear
  channel.send = (data) => { send.call(channel, data); wire.push({ direction: "client", event: JSON.parse(data) }); };
  channel.close = () => { isLeft = true; close.call(channel); };
  channel.addEventListener("message", ({ data }) => {
    if (!isLeft) wire.push({ direction: "server", event: JSON.parse(data) });
  });
  channel.addEventListener("open", () => { window.live = window.connection; window.channel = channel; });
  return channel;
};
"""
LISTEN = """
() => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  const samples = new Float32Array(analyser.fftSize);
  context.createMediaStreamSource(document.querySelector("audio").srcObject).connect(analyser);
  window.loudness = () => { analyser.getFloatTimeDomainData(samples); return Math.max(...samples.map(Math.abs)); };
}
"""
SENT_BYTES = """
async () => {
  const reports = [...(await live.getStats()).values()];
  return reports.find(({ type, kind }) => type === "outbound-rtp" && kind === "audio")?.bytesSent ?? 0;
}
"""

KEPT_BATCHES = """
async () => {
  const open = indexedDB.open("voicemint");
  const database = await new Promise((resolve) => (open.onsuccess = () => resolve(open.result)));
  const count = database.transaction("batches").objectStore("batches").count();
  return new Promise((resolve) => (count.onsuccess = () => resolve(count.result)));
}
"""

# Notes when the page shows these words, however soon it shows others.
LOOK_OUT = """
(words) => {
  window.isSeen = false;
  const look = () => (isSeen ||= document.body.innerText.includes(words));
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  look();
}
"""

# Any request will do: the server's refusal is an answer too.
IS_CUT_OFF = "() => fetch('/api/access', { cache: 'no-store' }).then(() => false, () => true)"


class Talker:
    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.may_log_errors = False
        self._said_in_console: list[str] = []
        self._url = url
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        self.page: Page = context.new_page()
        self.page.add_init_script(OBSERVE_THE_WIRE)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self._said_in_console.append(str(error)))
        self.enter(url)

    def enter(self, url: str) -> None:
        """Opens this address; what is on a link is taken by a tap, unless this browser has taken it before."""
        if MARK in url and self.context.cookies() == []:
            take_link(self.page, url)
        else:
            self.page.goto(url)

    def beside(self) -> "Talker":
        """The same browser, one more tab."""
        return Talker(self.context, self._url)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def status(self) -> Locator:
        return self.page.get_by_role("status")

    @property
    def transcript(self) -> Locator:
        return self.page.get_by_role("log", name="Transcript")

    @property
    def alert(self) -> Locator:
        return self.page.get_by_role("alert")

    def reload(self) -> None:
        """Loads the page again when its link has been redeemed, which works once."""
        self.eventually(self.context.cookies, bool)
        self.page.reload()

    def start(self) -> None:
        self.button("Start talking").click()
        expect(self.status).to_have_text("Connected")

    def lose_the_network(self) -> None:
        """Goes offline and waits until that holds: the browser may tell its network process after a next request."""
        self.may_log_errors = True
        self.context.set_offline(True)
        self.eventually(lambda: self.page.evaluate(IS_CUT_OFF), bool)

    def find_the_network(self) -> None:
        """Goes online and waits until that holds; what the page tried when it was told may have been too early."""
        self.context.set_offline(False)
        self.eventually(lambda: self.page.evaluate(IS_CUT_OFF), lambda is_cut_off: not is_cut_off)
        self.page.evaluate("() => dispatchEvent(new Event('online'))")

    def end(self) -> None:
        self.button("End").click()
        expect(self.status).to_have_text("Call ended")

    def write(self, words: str) -> None:
        self.page.get_by_role("textbox", name="Message").fill(words)
        self.button("Send").click()

    def open_sheet(self, name: str) -> None:
        """Opens what lies over the page, and waits until it is filled."""
        self.button(name).click()
        expect(self.page.get_by_role("dialog", name=name).locator(".card").first).to_be_visible()

    def close_sheet(self, button: str = "Close") -> None:
        """Closes it, and waits until it is gone: the page draws that with its next frame."""
        self.button(button).click()
        self.has_no_sheet()

    def escape_sheet(self) -> None:
        """Closes it as the browser does, and waits until the page knows: it would close the same one, opened again."""
        self.page.keyboard.press("Escape")
        self.has_no_sheet()

    def has_no_sheet(self) -> None:
        """Waits until no sheet is in the document, not only out of sight."""
        expect(self.page.locator("dialog")).to_have_count(0)

    @contextmanager
    def sees(self, words: str) -> Iterator[None]:
        """Waits until the page has shown these words at any moment since the block began."""
        self.page.evaluate(LOOK_OUT, words)
        yield
        self.eventually(lambda: self.page.evaluate("() => isSeen"), bool)

    def reads(self, *words: str) -> None:
        """Waits until the transcript shows these words."""
        for each in words:
            expect(self.transcript).to_contain_text(each)

    def hears_it_out(self) -> None:
        """Waits until everything that was said has also been played."""
        self.eventually(lambda: self.heard("output_audio_buffer."), lambda played: played[-1:] == ["stopped"])

    def is_watched(self) -> None:
        """Waits until the server watches the call and has asked what its session is: then nothing comes by itself."""
        self.eventually(lambda: self.heard("session."), lambda types: "updated" in types)

    def heard(self, prefix: str) -> list[str]:
        """What OpenAI's events of a kind were, in order: the rest of their types."""
        types = [line["event"]["type"] for line in self.wire() if line["direction"] == "server"]
        return [type_.removeprefix(prefix) for type_ in types if type_.startswith(prefix)]

    def hears_something(self) -> None:
        """Waits until what the audio element plays is loud enough to be heard."""
        self.page.evaluate(LISTEN)
        self.eventually(lambda: self.page.evaluate("() => loudness()"), lambda peak: peak > AUDIBLE)

    def wire(self) -> list[dict[str, Any]]:
        """The events on the data channel so far, both directions."""
        events: list[dict[str, Any]] = self.page.evaluate("() => wire")
        return events

    def retold(self) -> list[str]:
        """What the page told a new session: the words of the items that it created under ids they had before."""
        known: set[str] = set()
        words = []
        for line in self.wire():
            item = line["event"].get("item", {})
            if line["direction"] == "client" and item.get("id") in known:
                words.append(item["content"][0]["text"])
            known |= {item["id"]} if "id" in item else set()
        return words

    def sent_bytes(self) -> int:
        """Of sound, to OpenAI."""
        return int(self.page.evaluate(SENT_BYTES))

    def waiting_batches(self) -> int:
        """How many batches of the log wait on the device."""
        return int(self.page.evaluate(KEPT_BATCHES))

    def eventually(self, look: Callable[[], T], is_right: Callable[[T], bool]) -> T:
        """Looks again and again until what it sees is right."""
        for _ in range(PATIENCE_MILLISECONDS // POLL_MILLISECONDS):
            seen = look()
            if is_right(seen):
                return seen
            self.page.wait_for_timeout(POLL_MILLISECONDS)
        raise AssertionError(f"still not right after {PATIENCE_MILLISECONDS} ms: {look()!r}")

    def assert_nothing_unnoticed(self) -> None:
        assert [words for words in self._said_in_console if "Content Security Policy" in words] == []
        if not self.may_log_errors:
            assert self._said_in_console == [], self._said_in_console

    def assert_policy_kept(self) -> None:
        assert self.page.evaluate("() => violations") == []

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _tells_that_nobody_is_signed_in(message):
            self._said_in_console.append(f"{message.text} ({message.location.get('url', '')})")


def _tells_that_nobody_is_signed_in(message: ConsoleMessage) -> bool:
    """The browser's own, about the 401 that a page is told before a link is taken."""
    return "status of 401" in message.text and message.location.get("url", "").endswith("/api/access")
