import re

import flask
import pytest
from voicemint.access.modes import access_for
from voicemint.errors import SettingsError
from voicemint.settings import Settings


def settings_of(environ: dict[str, str]) -> Settings:
    return Settings.from_environ({"CONTROL_BUCKET": "control", **environ})


LOCAL = {"VOICEMINT_ACCESS": "open", "HOST": "127.0.0.1"}


def test_open_access_takes_everybody_for_this_machine() -> None:
    access = access_for(settings_of(LOCAL))
    with flask.Flask("test").test_request_context():
        person = access(flask.request)
    assert person.person_id == "local"
    assert re.fullmatch("[0-9a-f]{64}", person.safety_identifier)


def test_open_access_is_refused_on_cloud_run() -> None:
    with pytest.raises(SettingsError, match="refused on Cloud Run"):
        access_for(settings_of({**LOCAL, "K_SERVICE": "mint-client-secret"}))


@pytest.mark.parametrize("host", [{}, {"HOST": "0.0.0.0"}, {"HOST": "192.0.2.1"}], ids=["default", "all", "address"])
def test_open_access_is_refused_where_others_can_reach_the_process(host: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"set HOST=127\.0\.0\.1"):
        access_for(settings_of({"VOICEMINT_ACCESS": "open", **host}))


def test_refuses_a_mode_it_does_not_know() -> None:
    with pytest.raises(SettingsError, match="expected one of: invite, firebase, open"):
        access_for(settings_of({"VOICEMINT_ACCESS": "everyone"}))
