"""A conversation is taken along: as text, as its events, as sound."""

import json
from pathlib import Path

from playwright.sync_api import expect

from .conftest import OpenPage
from .openai_control import OpenAIControl
from .talker import Talker


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
    talker.button("Close").click()
    talker.start()
    expect(talker.page.get_by_text("Recording", exact=True)).to_be_visible()
    talker.reads("recorded.")
    talker.hears_it_out()
    talker.end()
    talker.open_sheet("Options")
    recording = saved(talker, "Sound")
    assert recording.read_bytes()[:4] == b"\x1a\x45\xdf\xa3"  # a WebM file
    assert loudest(talker, recording) > 0.02


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
