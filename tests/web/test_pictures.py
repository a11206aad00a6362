"""The camera and the screen: stills that are small enough, taken back when they are old, and answered."""

from typing import Any

from playwright.sync_api import expect

from .conftest import OpenPage
from .openai_control import OpenAIControl
from .talker import Talker

LARGEST_EVENT = 60_000


def show(talker: Talker, what: str) -> None:
    talker.button("Show something").click()
    talker.button(what).click()
    expect(talker.button("Stop showing")).to_be_visible()


def events(talker: Talker, event_type: str) -> list[dict[str, Any]]:
    sent = [line["event"] for line in talker.wire() if line["direction"] == "client"]
    return [event for event in sent if event["type"] == event_type]


def sent_pictures(talker: Talker) -> list[dict[str, Any]]:
    created = events(talker, "conversation.item.create")
    return [event for event in created if event["item"]["content"][0]["type"] == "input_image"]


def test_a_question_about_what_the_camera_shows_is_answered(open_page: OpenPage, openai: OpenAIControl) -> None:
    talker = open_page()
    talker.start()
    talker.reads("offline stand-in")
    show(talker, "Camera")
    expect(talker.page.get_by_label("What you are showing")).to_be_visible()
    talker.button("Send a picture now").click()
    talker.eventually(lambda: sent_pictures(talker), lambda sent: len(sent) == 1)
    talker.write("What colour is it?")
    talker.reads("It is mostly green.")  # Chromium's own test camera is
    talker.assert_policy_kept()


def test_pictures_are_small_and_old_ones_are_taken_back(open_page: OpenPage) -> None:
    talker = open_page()
    talker.start()
    show(talker, "Camera")
    for count in range(1, 5):
        talker.button("Send a picture now").click()
        talker.eventually(lambda: len(sent_pictures(talker)), lambda sent, count=count: sent == count)  # type: ignore[misc]
    pictures = sent_pictures(talker)
    deleted = [event["item_id"] for event in events(talker, "conversation.item.delete")]
    assert deleted == [picture["item"]["id"] for picture in pictures[:2]]
    assert all(len(str(picture)) < LARGEST_EVENT for picture in pictures)
    talker.eventually(lambda: acknowledged(talker), lambda found: found == 2)


def acknowledged(talker: Talker) -> int:
    return sum(line["event"]["type"] == "conversation.item.deleted" for line in talker.wire())


def test_a_picture_goes_by_itself_when_it_has_changed(open_page: OpenPage) -> None:
    talker = open_page()
    talker.start()
    talker.button("Options").click()
    talker.page.get_by_label("Send a picture", exact=True).select_option("2")
    talker.escape_sheet()
    show(talker, "Camera")
    talker.eventually(lambda: len(sent_pictures(talker)), lambda sent: sent >= 2)


def test_a_screen_is_shown_until_its_sharing_ends(open_page: OpenPage) -> None:
    talker = open_page(script=REMEMBER_THE_SCREEN)
    talker.start()
    show(talker, "Screen")
    talker.button("Send a picture now").click()
    talker.eventually(lambda: sent_pictures(talker), lambda sent: len(sent) == 1)
    talker.page.evaluate("() => window.endSharing()")
    expect(talker.button("Show something")).to_be_visible()


# What the browser's own "Stop sharing" does cannot be reached by a test: the track ends, and an event says so.
REMEMBER_THE_SCREEN = """
const share = navigator.mediaDevices.getDisplayMedia;
navigator.mediaDevices.getDisplayMedia = async function (...parameters) {
  const stream = await share.apply(this, parameters);
  const [track] = stream.getVideoTracks();
  window.endSharing = () => { track.stop(); track.dispatchEvent(new Event("ended")); };
  return stream;
};
"""


def test_a_browser_that_cannot_share_its_screen_offers_none(open_page: OpenPage) -> None:
    talker = open_page(script="delete MediaDevices.prototype.getDisplayMedia")  # as on iPadOS
    talker.start()
    talker.button("Show something").click()
    expect(talker.button("Stop showing")).to_be_visible()
    expect(talker.button("Screen")).to_have_count(0)


def test_the_end_of_the_call_turns_the_camera_off(open_page: OpenPage) -> None:
    talker = open_page(script=COUNT_TRACKS)
    talker.start()
    show(talker, "Camera")
    talker.end()
    talker.eventually(lambda: talker.page.evaluate("() => liveTracks()"), lambda live: live == 0)


COUNT_TRACKS = """
const tracks = [];
const open = navigator.mediaDevices.getUserMedia;
navigator.mediaDevices.getUserMedia = async function (...parameters) {
  const stream = await open.apply(this, parameters);
  tracks.push(...stream.getTracks());
  return stream;
};
window.liveTracks = () => tracks.filter(({ readyState }) => readyState === "live").length;
"""


# The fake permission question cannot allow the one and refuse the other.
REFUSE_THE_CAMERA = """
() => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const refusal = () => Promise.reject(new DOMException("Permission denied", "NotAllowedError"));
  navigator.mediaDevices.getUserMedia = (wish) => (wish.video ? refusal() : open(wish));
}
"""
NOTE_THE_FACINGS = """
() => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.facings = [];
  navigator.mediaDevices.getUserMedia = (wish) => {
    if (wish.video) facings.push(wish.video.facingMode);
    return open(wish);
  };
  const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
  navigator.mediaDevices.enumerateDevices = async () => {
    const devices = await list();
    return [...devices, ...devices.filter(({ kind }) => kind === "videoinput")];
  };
}
"""


def test_a_refused_camera_is_told_and_the_call_goes_on(open_page: OpenPage) -> None:
    talker = open_page()
    talker.page.evaluate(REFUSE_THE_CAMERA)
    talker.start()
    talker.button("Show something").click()
    talker.button("Camera").click()
    expect(talker.page.get_by_text("The browser does not allow this")).to_be_visible()
    expect(talker.button("Stop showing")).to_have_count(0)
    talker.write("Are you there?")
    talker.reads("You said: Are you there?")


def test_a_device_with_two_cameras_changes_between_them(open_page: OpenPage) -> None:
    talker = open_page()
    talker.page.evaluate(NOTE_THE_FACINGS)
    talker.start()
    show(talker, "Camera")
    for facings in (["environment", "user"], ["environment", "user", "environment"]):
        talker.button("Switch camera").click()
        talker.eventually(lambda: talker.page.evaluate("() => facings"), facings.__eq__)
        expect(talker.button("Stop showing")).to_be_visible()
    talker.button("Send a picture now").click()
    talker.eventually(lambda: sent_pictures(talker), lambda sent: len(sent) == 1)
