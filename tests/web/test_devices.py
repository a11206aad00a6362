"""Microphones and loudspeakers: checked, chosen, changed in the middle of a call, lost and found."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import expect
from standins.local.site import Site

from .conftest import OpenPage, in_the_whole_browser
from .openai_control import OpenAIControl
from .talker import Talker

STORY = "Once upon a time there was a lighthouse, and in it lived a man who never slept. " * 8
Record = Callable[..., Path]
# The browser's own test devices cannot be pulled out: the track ends, and an event says so.
REMEMBER_THE_MICROPHONE = """
const open = navigator.mediaDevices.getUserMedia;
navigator.mediaDevices.getUserMedia = async function (...parameters) {
  if (window.isUnplugged) throw new DOMException("", "NotFoundError");
  const stream = await open.apply(this, parameters);
  const [track] = stream.getAudioTracks();
  window.unplug = () => { track.stop(); track.dispatchEvent(new Event("ended")); };
  window.takeAway = () => {
    Object.defineProperty(track, "muted", { value: true });
    track.dispatchEvent(new Event("mute"));
    return track.id;
  };
  return stream;
};
"""
SENT_TRACK = "() => live.getSenders()[0].track?.id ?? ''"
SENT_FROM = "() => live.getSenders().find(({ track }) => track)?.track?.getSettings().deviceId ?? ''"


@pytest.fixture(params=["site", "unified_site"])
def each_site(request: pytest.FixtureRequest) -> Site:
    """Both ways to set up a call."""
    return cast(Site, request.getfixturevalue(request.param))


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
    talker.escape_sheet()
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
    expect(talker.page.get_by_text("The microphone was lost.")).to_be_visible()
    expect(talker.status).to_have_text("Connected")
    talker.page.evaluate(
        "() => { isUnplugged = false; navigator.mediaDevices.dispatchEvent(new Event('devicechange')); }"
    )
    sends_sound(talker)


def test_a_lost_microphone_stays_lost_until_it_is_back(open_page: OpenPage, each_site: Site) -> None:
    talker = call_with_a_plug(open_page, each_site.invite_link())
    talker.page.evaluate("() => { isUnplugged = true; unplug(); }")
    gone = talker.page.get_by_text("The microphone was lost.")
    expect(gone).to_be_visible()
    for _ in range(2):
        talker.button("Mute").click()
        expect(gone).to_be_visible()
    talker.page.evaluate(
        "() => { isUnplugged = false; navigator.mediaDevices.dispatchEvent(new Event('devicechange')); }"
    )
    expect(talker.page.get_by_text("Microphone on")).to_be_visible()
    sends_sound(talker)


def test_a_microphone_that_the_system_keeps_is_opened_anew_when_the_page_is_in_front(
    open_page: OpenPage, each_site: Site
) -> None:
    talker = call_with_a_plug(open_page, each_site.invite_link())
    with talker.sees("The system is using the microphone"):  # for five seconds, after which the page tries by itself
        taken = talker.page.evaluate("() => takeAway()")
    talker.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(talker.page.get_by_text("Microphone on")).to_be_visible()
    talker.eventually(lambda: talker.page.evaluate(SENT_TRACK), lambda now: now not in ("", taken))
    sends_sound(talker)


def test_nothing_is_held_and_nothing_answered_without_a_microphone(open_page: OpenPage) -> None:
    talker = call_with_a_plug(open_page)
    talker.button("Options").click()
    talker.page.get_by_role("radio", name="Push to talk").check()
    talker.escape_sheet()
    talker.page.evaluate("() => { isUnplugged = true; unplug(); }")
    expect(talker.page.get_by_text("The microphone was lost.")).to_be_visible()
    hold_down(talker)
    expect(talker.button("Hold to talk")).to_have_attribute("aria-pressed", "false")


def test_a_held_turn_in_which_nothing_was_heard_is_not_answered(open_page: OpenPage) -> None:
    talker = open_page(script="RTCRtpSender.prototype.replaceTrack = async () => {}")
    talker.button("Options").click()
    talker.page.get_by_role("radio", name="Push to talk").check()
    talker.escape_sheet()
    talker.start()
    talker.hears_it_out()
    hold_down(talker)
    expect(talker.button("Release to send")).to_be_visible()
    talker.page.wait_for_function("() => (window.heldUntil ??= performance.now() + 500) < performance.now()")
    talker.page.mouse.up()
    expect(talker.page.get_by_text("Nothing was heard.")).to_be_visible()
    assert [line["event"]["type"] for line in talker.wire()].count("response.create") == 1  # the greeting's


def hold_down(talker: Talker) -> None:
    talker.button("Hold to talk").hover()
    talker.page.mouse.down()


def call_with_a_plug(open_page: OpenPage, url: str = "") -> Talker:
    talker = open_page(script=REMEMBER_THE_MICROPHONE, url=url)
    talker.start()
    sends_sound(talker)
    return talker


def sends_sound(talker: Talker) -> None:
    before = talker.sent_bytes()
    talker.eventually(talker.sent_bytes, lambda sent: sent > before)


@in_the_whole_browser
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
    talker.close_sheet()
    sends_sound(talker)


def test_a_browser_that_refuses_to_play_asks_for_a_tap(open_page: OpenPage, openai: OpenAIControl) -> None:
    openai.script({"say": "Hello."}, {"say": STORY})
    talker = open_page(script=REFUSE_TO_PLAY_ONCE)
    talker.start()
    talker.button("Tap to hear").click()
    expect(talker.button("Tap to hear")).to_have_count(0)
    talker.write("Tell me a story")
    talker.hears_something()


def test_what_was_paused_during_a_call_plays_again(open_page: OpenPage, each_site: Site) -> None:
    talker = call_with_sound(open_page, each_site)
    talker.page.evaluate("() => document.querySelector('audio').pause()")
    talker.eventually(lambda: talker.page.evaluate(IS_PAUSED), lambda paused: not paused)
    expect(talker.button("Tap to hear")).to_have_count(0)


def test_what_was_paused_and_may_not_play_again_asks_for_a_tap(open_page: OpenPage, each_site: Site) -> None:
    talker = call_with_sound(open_page, each_site)
    talker.page.evaluate("() => { mayPlay = false; document.querySelector('audio').pause(); }")
    expect(talker.button("Tap to hear")).to_be_visible()
    talker.page.evaluate("() => { mayPlay = true; }")
    talker.button("Tap to hear").click()
    expect(talker.button("Tap to hear")).to_have_count(0)
    assert talker.page.evaluate(IS_PAUSED) is False


def call_with_sound(open_page: OpenPage, site: Site) -> Talker:
    talker = open_page(script=MAY_PLAY, url=site.invite_link())
    talker.start()
    talker.eventually(lambda: talker.page.evaluate(PLAYED_SECONDS), lambda seconds: seconds > 1.5)  # as the page counts
    return talker


@in_the_whole_browser
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
MAY_PLAY = """
const { play } = HTMLMediaElement.prototype;
window.mayPlay = true;
HTMLMediaElement.prototype.play = async function () {
  if (!window.mayPlay) throw new DOMException("", "NotAllowedError");
  await play.call(this);
  window.playedAt = performance.now();
};
"""
IS_PAUSED = "() => document.querySelector('audio').paused"
PLAYED_SECONDS = "() => (performance.now() - (window.playedAt ?? Infinity)) / 1000"
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
