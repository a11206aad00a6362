from pathlib import Path

import pytest
from voicemint.errors import SettingsError
from voicemint.settings import Settings


def settings_of(environ: dict[str, str]) -> Settings:
    return Settings.from_environ({"CONTROL_BUCKET": "control", **environ})


def test_has_the_defaults_of_a_deployment() -> None:
    settings = settings_of({})
    assert settings.openai_base_url == "https://api.openai.com/v1"
    assert settings.calls_url == "https://api.openai.com/v1/realtime/calls"
    assert settings.openai_api_key_file == Path("/secrets/openai-api-key/latest")
    assert settings.payload_level == "transcript"
    assert settings.access == "invite"
    assert settings.storage_url == "https://storage.googleapis.com"
    assert not settings.on_cloud_run


def test_client_secrets_are_allowed_or_refused() -> None:
    assert settings_of({}).client_secrets == "allowed"
    assert settings_of({"CLIENT_SECRETS": "refused"}).client_secrets == "refused"
    with pytest.raises(SettingsError, match="CLIENT_SECRETS is 'no'; expected one of: allowed, refused"):
        settings_of({"CLIENT_SECRETS": "no"})


def test_refuses_to_go_without_a_control_bucket() -> None:
    with pytest.raises(SettingsError, match="CONTROL_BUCKET is not set"):
        Settings.from_environ({})


@pytest.mark.parametrize("value", ["0", "-1", "", "1e3", "many", "1000001", "9" * 400, "\u0661"])
def test_refuses_a_limit_that_is_not_a_count(value: str) -> None:
    with pytest.raises(SettingsError, match=r"DAILY_LIMIT is .*; expected a whole number"):
        settings_of({"DAILY_LIMIT": value})


def test_refuses_more_blocks_a_day_than_one_listing_holds() -> None:
    assert settings_of({"DAILY_LIMIT": "5000", "DAILY_BLOCK": "5"}).daily_limit == 5000
    with pytest.raises(SettingsError, match=r"expected at most 1000 blocks a day: raise DAILY_BLOCK"):
        settings_of({"DAILY_LIMIT": "5001", "DAILY_BLOCK": "5"})


def test_drops_a_trailing_slash_of_a_base_url() -> None:
    assert settings_of({"OPENAI_BASE_URL": "https://eu.example/v1/"}).openai_base_url == "https://eu.example/v1"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://localhost:9/v1", "http://[::1]:9/v1"])
def test_lets_plain_http_reach_this_machine_only(url: str) -> None:
    assert settings_of({"OPENAI_BASE_URL": url}).openai_base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.openai.com/v1",
        "ftp://127.0.0.1/v1",
        "api.openai.com",
        "",
        "https://",
        "https://u:p@api.openai.com/v1",
        "https://api.openai.com/v1?key=1",
        "https://api.openai.com/v1#a",
    ],
)
def test_refuses_a_base_url_that_is_not_plain_https(url: str) -> None:
    with pytest.raises(SettingsError, match="OPENAI_BASE_URL must be"):
        settings_of({"OPENAI_BASE_URL": url})


@pytest.mark.parametrize("name", ["DEBUG", "STORAGE_EMULATOR_HOST", "GCE_METADATA_HOST", "LOCAL_RUN_TOKEN"])
def test_refuses_development_settings_on_cloud_run(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is set, but this process runs on Cloud Run"):
        settings_of({name: "http://127.0.0.1:1", "K_SERVICE": "mint-client-secret"})


@pytest.mark.parametrize("name", ["OPENAI_BASE_URL", "SECRET_MANAGER_URL"])
def test_refuses_a_loopback_service_on_cloud_run(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} points at this machine"):
        settings_of({name: "https://127.0.0.1:1", "K_SERVICE": "mint-client-secret"})


def test_refuses_an_unknown_payload_level() -> None:
    with pytest.raises(SettingsError, match="PAYLOAD_LEVEL is 'all'; expected one of: off, metadata, transcript"):
        settings_of({"PAYLOAD_LEVEL": "all"})


def test_reads_a_list_with_blanks_and_capitals() -> None:
    settings = settings_of({"FIREBASE_ALLOWED": " Ana@Example.com, @example.org,, "})
    assert settings.firebase_allowed == {"ana@example.com", "@example.org"}
