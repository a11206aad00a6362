from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from voicemint.errors import SecretUnavailable
from voicemint.secrets.mounted import CACHE_SECONDS, MountedSecret

from ...conftest import Clock


class Parse:
    """Takes any text but `bad`, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, text: str) -> str:
        self.count += 1
        if text == "bad":
            raise SecretUnavailable("bad content")
        return text


@pytest.fixture
def parse() -> Parse:
    return Parse()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "signing-key" / "latest"
    file.parent.mkdir()
    file.write_text("one")
    return file


@pytest.fixture
def secret(file: Path, parse: Parse, clock: Clock) -> MountedSecret[str]:
    return MountedSecret(file, parse, clock)


def test_reads_the_file_once_a_minute(secret: MountedSecret[str], parse: Parse, clock: Clock) -> None:
    assert [secret.current() for _ in range(100)] == ["one"] * 100
    assert parse.count == 1
    clock.now += CACHE_SECONDS
    secret.current()
    assert parse.count == 2


def test_a_new_version_is_in_force_after_a_minute(secret: MountedSecret[str], file: Path, clock: Clock) -> None:
    secret.current()
    file.write_text("two")
    clock.now += CACHE_SECONDS - 1
    assert secret.current() == "one"
    clock.now += 1
    assert secret.current() == "two"


@pytest.mark.parametrize("content", [b"bad", b"caf\xc3\xa9", None], ids=["refused", "not ASCII", "gone"])
def test_the_last_good_one_holds_where_the_file_became_bad(
    secret: MountedSecret[str], file: Path, clock: Clock, content: bytes | None
) -> None:
    secret.current()
    file.unlink() if content is None else file.write_bytes(content)
    clock.now += CACHE_SECONDS
    assert secret.current() == "one"
    file.write_text("two")
    clock.now += CACHE_SECONDS
    assert secret.current() == "two"


@pytest.mark.parametrize("content", [b"bad", b"caf\xc3\xa9", None], ids=["refused", "not ASCII", "gone"])
def test_it_is_unavailable_where_there_never_was_a_good_one(
    secret: MountedSecret[str], file: Path, content: bytes | None
) -> None:
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(SecretUnavailable):
        secret.current()
    file.write_text("one")
    assert secret.current() == "one"


def test_the_log_names_the_secret_and_not_its_content(
    secret: MountedSecret[str], file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_bytes(b"0123456789abcdef\xff")
    with pytest.raises(SecretUnavailable):
        secret.current()
    assert "signing-key" in caplog.messages[0]
    assert "0123456789" not in caplog.messages[0]


def test_many_threads_read_the_file_once(secret: MountedSecret[str], parse: Parse) -> None:
    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(lambda _: secret.current(), range(200))) == {"one"}
    assert parse.count == 1
