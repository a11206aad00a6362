import re

import flask
import pytest
from voicemint.access import access_for
from voicemint.errors import SettingsError
from voicemint.settings import Settings

LOCAL = {"VOICEMINT_ACCESS": "open", "HOST": "127.0.0.1"}


def test_open_access_takes_everybody_for_this_machine() -> None:
    access = access_for(Settings.from_environ(LOCAL))
    with flask.Flask("test").test_request_context():
        person = access(flask.request)
    assert person.person_id == "local"
    assert re.fullmatch("[0-9a-f]{64}", person.safety_identifier)


def test_open_access_is_refused_on_cloud_run() -> None:
    with pytest.raises(SettingsError, match="refused on Cloud Run"):
        access_for(Settings.from_environ({**LOCAL, "K_SERVICE": "mint-client-secret"}))


@pytest.mark.parametrize("host", [{}, {"HOST": "0.0.0.0"}, {"HOST": "192.0.2.1"}], ids=["default", "all", "address"])
def test_open_access_is_refused_where_others_can_reach_the_process(host: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"set HOST=127\.0\.0\.1"):
        access_for(Settings.from_environ({"VOICEMINT_ACCESS": "open", **host}))


@pytest.mark.parametrize("mode", [{}, {"VOICEMINT_ACCESS": "everyone"}], ids=["unset", "unknown"])
def test_refuses_a_mode_it_does_not_know(mode: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="expected one of: open"):
        access_for(Settings.from_environ({"HOST": "127.0.0.1", **mode}))
