"""Microphones and loudspeakers: checked, chosen, changed in the middle of a call, lost and found."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from .conftest import OpenPage
from .talker import Talker

Record = Callable[..., Path]
# The browser's own test devices cannot be pulled out: the track ends, and an event says so.
REMEMBER_THE_MICROPHONE = """
const open = navigator.mediaDevices.getUserMedia;
navigator.mediaDevices.getUserMedia = async function (...parameters) {
  if (window.isUnplugged) throw new DOMException("", "NotFoundError");
  const stream = await open.apply(this, parameters);
  const [track] = stream.getAudioTracks();
  window.unplug = () => { track.stop(); track.dispatchEvent(new Event("ended")); };
  return stream;
};
"""
SENT_FROM = "() => live.getSenders().find(({ track }) => track)?.track?.getSettings().deviceId ?? ''"


def test_a_microphone_is_checked_before_the_first_call(open_page: OpenPage, microphone: Record) -> None:
    talker = open_page(microphone((0, "Tell me a story. " * 6)))
    talker.button("Options").click()
    talker.page.get_by_role("dialog").get_by_role("button", name="Check the microphone").click()
    expect(talker.page.get_by_role("dialog").get_by_text("You can be heard.")).to_be_visible()


def test_a_silent_microphone_is_told(open_page: OpenPage) -> None:
    talker = open_page()
    talker.page.clock.install()
    talker.open_sheet("Options")
    sheet = talker.page.get_by_role("dialog")
    sheet.get_by_role("button", name="Check the microphone").click()

    def is_told_ten_seconds_later() -> bool:
        talker.page.clock.fast_forward("00:10")  # counted from when the microphone is open
        return sheet.get_by_text("Nothing was heard.").is_visible()

    talker.eventually(is_told_ten_seconds_later, bool)


def test_another_microphone_is_taken_in_the_middle_of_a_call(open_page: OpenPage) -> None:
    talker = open_page()
    talker.start()
    first = talker.eventually(lambda: talker.page.evaluate(SENT_FROM), bool)
    talker.button("Options").click()
    picker = talker.page.get_by_label("Microphone", exact=True)
    picker.select_option(index=1)
    other = picker.input_value()
    assert other != first
    talker.eventually(lambda: talker.page.evaluate(SENT_FROM), lambda now: now == other)
    talker.page.keyboard.press("Escape")
    sends_sound(talker)
    expect(talker.status).to_have_text("Connected")


def test_a_microphone_that_is_unplugged_is_replaced_by_what_else_there_is(open_page: OpenPage) -> None:
    talker = call_with_a_plug(open_page)
    talker.page.evaluate("() => unplug()")
    sends_sound(talker)
    expect(talker.status).to_have_text("Connected")


def test_without_any_microphone_the_call_waits_for_one(open_page: OpenPage) -> None:
    talker = call_with_a_plug(open_page)
    talker.page.evaluate("() => { isUnplugged = true; unplug(); }")
    expect(talker.page.get_by_text("The microphone is gone.")).to_be_visible()
    expect(talker.status).to_have_text("Connected")
    talker.page.evaluate(
        "() => { isUnplugged = false; navigator.mediaDevices.dispatchEvent(new Event('devicechange')); }"
    )
    sends_sound(talker)


def call_with_a_plug(open_page: OpenPage) -> Talker:
    talker = open_page(script=REMEMBER_THE_MICROPHONE)
    talker.start()
    sends_sound(talker)
    return talker


def sends_sound(talker: Talker) -> None:
    before = talker.sent_bytes()
    talker.eventually(talker.sent_bytes, lambda sent: sent > before)


def test_another_loudspeaker_is_taken_and_kept(open_page: OpenPage) -> None:
    talker = open_page()
    talker.start()
    talker.open_sheet("Options")
    picker = talker.page.get_by_label("Loudspeaker", exact=True)
    picker.select_option(index=1)
    chosen = picker.input_value()
    assert chosen != ""
    talker.eventually(lambda: talker.page.evaluate(PLAYS_THROUGH), lambda now: now == chosen)
    talker.reload()
    talker.eventually(lambda: talker.page.evaluate(PLAYS_THROUGH), lambda now: now == chosen)


def test_where_no_page_may_choose_a_loudspeaker_none_is_offered(open_page: OpenPage) -> None:
    talker = open_page(script="delete HTMLMediaElement.prototype.setSinkId")  # as in Safari
    talker.open_sheet("Options")
    expect(talker.page.get_by_label("Microphone", exact=True)).to_be_visible()
    expect(talker.page.get_by_label("Loudspeaker", exact=True)).to_have_count(0)


def test_the_treatment_of_the_sound_is_changed_in_the_middle_of_a_call(open_page: OpenPage) -> None:
    talker = open_page()
    talker.start()
    talker.open_sheet("Options")
    for name in ("Cancel echo", "Reduce noise", "Even out loudness"):
        talker.page.get_by_role("switch", name=name).uncheck()
    talker.eventually(lambda: talker.page.evaluate(TREATMENT), [False, False, False].__eq__)
    talker.button("Close").click()
    sends_sound(talker)


def test_a_browser_that_refuses_to_play_asks_for_a_tap(open_page: OpenPage) -> None:
    talker = open_page(script=REFUSE_TO_PLAY_ONCE)
    talker.start()
    talker.button("Tap to hear").click()
    expect(talker.button("Tap to hear")).to_have_count(0)
    talker.write("Say something")
    talker.hears_something()


def test_the_screen_stays_on_during_a_call(open_page: OpenPage) -> None:
    talker = open_page(script=COUNT_WAKE_LOCKS)
    talker.start()
    talker.eventually(lambda: talker.page.evaluate("() => wakeLocks()"), lambda held: held == 1)
    talker.end()
    talker.eventually(lambda: talker.page.evaluate("() => wakeLocks()"), lambda held: held == 0)


PLAYS_THROUGH = "() => document.querySelector('audio').sinkId"
TREATMENT = """
() => {
  const { echoCancellation, noiseSuppression, autoGainControl } = live.getSenders()[0].track?.getSettings() ?? {};
  return [echoCancellation, noiseSuppression, autoGainControl];
}
"""
# No flag of Chromium's refuses a page whose person has just tapped, as Safari may.
REFUSE_TO_PLAY_ONCE = """
const { play } = HTMLMediaElement.prototype;
let isRefused = false;
HTMLMediaElement.prototype.play = async function () {
  if (!isRefused) { isRefused = true; throw new DOMException("", "NotAllowedError"); }
  return play.call(this);
};
"""
COUNT_WAKE_LOCKS = """
const locks = [];
const request = WakeLock.prototype.request;
WakeLock.prototype.request = async function (...parameters) {
  const lock = await request.apply(this, parameters);
  locks.push(lock);
  return lock;
};
window.wakeLocks = () => locks.filter(({ released }) => !released).length;
"""
