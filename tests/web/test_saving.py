"""A conversation is taken along: as text, as its events, as sound."""

import json
import wave
from array import array
from pathlib import Path

from playwright.sync_api import expect
from standins.local.site import Site

from .conftest import OpenPage
from .openai_control import OpenAIControl
from .talker import AUDIBLE, Talker


def test_a_conversation_can_be_saved_as_text_markdown_json_and_events(
    open_page: OpenPage, openai: OpenAIControl
) -> None:
    openai.script({"say": "Good morning."}, {"say": "You wrote <b>to</b> me."})
    talker = open_page()
    talker.start()
    talker.reads("Good morning.")
    talker.write("I *write* instead")
    talker.reads("You wrote <b>to</b> me.")
    talker.hears_it_out()
    talker.end()
    talker.open_sheet("Options")
    text, markdown = (saved(talker, kind).read_text(encoding="utf-8") for kind in ("Text", "Markdown"))
    assert [line for line in text.splitlines() if line in SAID] == SAID
    assert "> I \\*write\\* instead" in markdown
    assert "\\<b\\>" in markdown
    assert [item["text"] for item in json.loads(saved(talker, "JSON").read_text())["items"]] == SAID
    events = [json.loads(line)["event"]["type"] for line in saved(talker, "Event log").read_text().splitlines()]
    assert (events[0], events[-1]) == ("page.opened", "call.ended")
    assert "response.done" in events


SAID = ["Good morning.", "I *write* instead", "You wrote <b>to</b> me."]


def saved(talker: Talker, kind: str) -> Path:
    with talker.page.expect_download() as download:
        talker.page.get_by_role("button", name=f"Save: {kind}", exact=True).click()
    assert download.value.suggested_filename.startswith("voicemint-20")
    return Path(download.value.path())


def test_the_sound_is_recorded_on_this_device_only_when_asked_for(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script({"say": "Good morning, this is being recorded."})
    talker = open_page()
    talker.open_sheet("Options")
    switch = talker.page.get_by_role("switch", name="Record the sound of calls")
    expect(switch).not_to_be_checked()
    expect(talker.page.get_by_role("dialog")).to_contain_text("Everyone who can be heard must agree")
    switch.check()
    talker.close_sheet()
    talker.start()
    expect(talker.page.get_by_text("Recording", exact=True)).to_be_visible()
    talker.reads("recorded.")
    talker.hears_it_out()
    talker.end()
    talker.open_sheet("Options")
    recording = saved(talker, "Sound, WebM")
    assert recording.read_bytes()[:4] == b"\x1a\x45\xdf\xa3"  # a WebM file
    assert loudest(talker, recording) > AUDIBLE
    assert loudest_of_wav(saved(talker, "Sound, WAV")) > AUDIBLE


# As browsers do that let no page play or look into a sound before the next tap.
HELD_BACK = """
window.isAllowed = false;
window.AudioContext = class extends AudioContext {
  constructor(...parameters) { super(...parameters); super.suspend(); }
  resume() { return isAllowed ? super.resume() : new Promise(() => undefined); }
};
"""


def test_a_recording_begins_when_the_browser_lets_sound_pass(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script({"say": "Good morning."}, {"say": "This is being recorded."})
    talker = open_page(script=HELD_BACK)
    talker.open_sheet("Options")
    talker.page.get_by_role("switch", name="Record the sound of calls").check()
    talker.close_sheet()
    talker.start()
    sign = talker.page.get_by_text("Recording", exact=True)
    expect(talker.alert).to_contain_text("Tap the page once")
    expect(sign).to_have_count(0)
    talker.page.evaluate("() => { isAllowed = true; }")
    talker.transcript.click()
    expect(sign).to_be_visible()
    expect(talker.alert).to_be_empty()
    talker.write("Is this recorded?")
    talker.reads("recorded.")
    talker.hears_it_out()
    talker.end()
    talker.open_sheet("Options")
    assert loudest(talker, saved(talker, "Sound, WebM")) > AUDIBLE


def loudest_of_wav(recording: Path) -> float:
    """The loudest sample of the agent's side, 0 to 1, as Python's own reader of WAV files finds it."""
    with wave.open(str(recording), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 24_000)
        samples = array("h", file.readframes(file.getnframes()))
        assert len(samples) == 2 * file.getnframes()
    return max(abs(sample) for sample in samples[1::2]) / 32_767


def test_of_a_long_recording_there_is_no_wav(open_page: OpenPage, site: Site) -> None:
    talker = open_page(url="about:blank")
    talker.page.clock.install()
    talker.enter(site.invite_link())
    talker.open_sheet("Options")
    talker.page.get_by_role("switch", name="Record the sound of calls").check()
    talker.close_sheet()
    talker.start()
    for words in ("Once upon a time.", "And so on."):  # without a word for ten minutes a call is over
        talker.write(words)
        talker.reads(words)
        talker.page.clock.fast_forward("06:00")
    talker.end()
    talker.open_sheet("Options")
    expect(talker.page.get_by_role("dialog")).to_contain_text("more than 10 minutes is too long for a WAV file")
    expect(talker.page.get_by_role("button", name="Save: Sound, WAV")).to_have_count(0)
    assert saved(talker, "Sound, WebM").read_bytes()[:4] == b"\x1a\x45\xdf\xa3"


LOUDEST = """
async (bytes) => {
  const recording = new Uint8Array(bytes).buffer;
  const sound = await new OfflineAudioContext(2, 48000, 48000).decodeAudioData(recording);
  return sound.getChannelData(1).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}
"""


def loudest(talker: Talker, recording: Path) -> float:
    """The loudest sample of the agent's side, 0 to 1."""
    return float(talker.page.evaluate(LOUDEST, list(recording.read_bytes())))
