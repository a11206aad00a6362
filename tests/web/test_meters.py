"""A browser that lets no page look into a stream: there is no meter, and everything else works."""

import pytest
from playwright.sync_api import Request, expect
from standins.local.site import Site

from .conftest import OpenPage
from .openai_control import OpenAIControl
from .test_pictures import show

NO_LOOK = """
AudioContext.prototype.createMediaStreamSource = () => {
  throw new DOMException("The operation is insecure.", "SecurityError");
};
"""
NO_CONTEXT = "delete window.AudioContext;"


def is_log_of_a_call(request: Request) -> bool:
    return request.url.endswith("/api/logs") and not request.headers["voicemint-batch"].startswith("page_")


@pytest.mark.parametrize("script", [NO_LOOK, NO_CONTEXT], ids=["no_source", "no_context"])
def test_without_meters_call_log_tools_and_camera_work(open_page: OpenPage, either_site: Site, script: str) -> None:
    OpenAIControl.of(either_site).script({"say": "Good morning."})
    talker = open_page(url=either_site.invite_link(), script=script, timezone_id="Asia/Tokyo")
    with talker.page.expect_request(is_log_of_a_call):  # in the call, not only at its end
        talker.start()
    talker.reads("Good morning.")
    talker.hears_it_out()
    talker.write("What is the date?")
    talker.reads("Used local_time", "time zone Asia/Tokyo")
    show(talker, "Camera")
    expect(talker.button("Send a picture now")).to_be_visible()
    talker.end()


def test_without_a_meter_the_microphone_check_says_so(open_page: OpenPage) -> None:
    talker = open_page(script=NO_LOOK)
    talker.button("Check the microphone").click()
    expect(talker.page.get_by_text("does not let the page measure the microphone")).to_be_visible()


def test_a_call_that_the_page_may_not_record_says_so_and_goes_on(open_page: OpenPage, either_site: Site) -> None:
    OpenAIControl.of(either_site).script({"say": "Good morning."})
    talker = open_page(url=either_site.invite_link(), script=NO_LOOK)
    talker.open_sheet("Options")
    switch = talker.page.get_by_role("switch", name="Record the sound of calls")
    switch.check()
    talker.close_sheet()
    talker.start()
    talker.reads("Good morning.")
    expect(talker.alert).to_contain_text("does not let the page record the sound of the call")
    expect(talker.page.get_by_text("Recording", exact=True)).to_have_count(0)
    talker.open_sheet("Options")
    expect(switch).not_to_be_checked()
    expect(talker.page.get_by_role("dialog")).to_contain_text("does not let the page record the sound of the call")
    talker.escape_sheet()
    talker.end()
