from pathlib import Path

import pytest
from voicemint.errors import SecretUnavailable
from voicemint.secrets.mounted import CACHE_SECONDS
from voicemint.secrets.openai_key import REFETCH_INTERVAL_SECONDS, ApiKey, Secret

from ...conftest import Clock

OLD = "sk-old-0123456789abcdefghij"
NEW = "sk-new-0123456789abcdefghij"


class Fetch:
    """Stands where Secret Manager is asked, and counts."""

    def __init__(self, answer: str | Exception) -> None:
        self.answer = answer
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "latest"
    file.write_text(OLD)
    return file


def test_a_secret_shows_itself_only_to_who_asks() -> None:
    secret = Secret(OLD)
    assert OLD not in f"{secret} {secret!r} {[secret]} {vars(type(secret))}"
    assert secret.reveal() == OLD


@pytest.mark.parametrize(
    "value",
    ["", "sk-short", OLD + "\n", " " + OLD, OLD + "\u2019", "sk-" + "a" * 300, OLD.replace("-", " ")],
    ids=["empty", "short", "newline", "space", "curly quote", "long", "blanks"],
)
def test_refuses_what_is_not_a_key_without_quoting_it(value: str) -> None:
    with pytest.raises(SecretUnavailable) as caught:
        Secret(value)
    assert "trailing newline" in str(caught.value)
    assert not value.strip() or value.strip() not in str(caught.value)


def test_reads_the_file_again_when_the_cache_is_over(file: Path, clock: Clock) -> None:
    key = ApiKey(file, None, clock)
    assert key.current().reveal() == OLD
    file.write_text(NEW)
    assert key.current().reveal() == OLD
    clock.now += CACHE_SECONDS
    assert key.current().reveal() == NEW


def test_keeps_the_key_when_the_file_becomes_unreadable(file: Path, clock: Clock) -> None:
    key = ApiKey(file, None, clock)
    key.current()
    file.unlink()
    clock.now += CACHE_SECONDS
    assert key.current().reveal() == OLD


def test_is_unavailable_without_a_file(tmp_path: Path) -> None:
    with pytest.raises(SecretUnavailable):
        ApiKey(tmp_path / "missing", None).current()


def test_a_rejected_key_is_renewed_from_secret_manager(file: Path, clock: Clock) -> None:
    key = ApiKey(file, Fetch(NEW), clock)
    assert key.renew(rejected=key.current())
    assert key.current().reveal() == NEW


def test_the_mounted_key_that_was_rejected_does_not_come_back(file: Path, clock: Clock) -> None:
    key = ApiKey(file, Fetch(NEW), clock)
    key.renew(rejected=key.current())
    clock.now += CACHE_SECONDS
    assert key.current().reveal() == NEW


def test_asks_secret_manager_at_most_once_in_thirty_seconds(file: Path, clock: Clock) -> None:
    fetch = Fetch(OLD)
    key = ApiKey(file, fetch, clock)
    assert not any(key.renew(rejected=key.current()) for _ in range(5))
    assert fetch.count == 1
    clock.now += REFETCH_INTERVAL_SECONDS
    assert not key.renew(rejected=key.current())
    assert fetch.count == 2


def test_a_key_that_another_request_renewed_is_used_without_asking(file: Path, clock: Clock) -> None:
    fetch = Fetch(NEW)
    key = ApiKey(file, fetch, clock)
    rejected = key.current()
    assert key.renew(rejected=rejected)
    assert key.renew(rejected=rejected)
    assert fetch.count == 1


@pytest.mark.parametrize("answer", [RuntimeError("no"), "not a key\n"], ids=["fails", "is no key"])
def test_stays_with_the_key_when_secret_manager_does_not_help(
    file: Path, clock: Clock, answer: str | Exception
) -> None:
    key = ApiKey(file, Fetch(answer), clock)
    assert not key.renew(rejected=key.current())
    assert key.current().reveal() == OLD
