import subprocess
import sys

import pytest

from .conftest import FUNCTIONS_FOLDER, LoadFunction

REPORT = """
import sys, main
main.{entry_point}
print(*(name for name, module in sys.modules.items() if getattr(module, "__file__", None)), sep="\\n")
"""
LOCAL = {
    "VOICEMINT_ACCESS": "open",
    "HOST": "127.0.0.1",
    "BUCKET": "payloads",
    "CONTROL_BUCKET": "control",
    "PROJECT_ID": "p",
}


def modules_loaded_by(entry_point: str) -> set[str]:
    printed = subprocess.run(
        [sys.executable, "-c", REPORT.format(entry_point=entry_point)],
        cwd=FUNCTIONS_FOLDER,
        env=LOCAL,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(printed.stdout.split())


@pytest.mark.parametrize("entry_point", ["mint_client_secret", "create_call"])
def test_who_is_on_the_way_to_the_first_sound_loads_no_google_client_and_nothing_slow(entry_point: str) -> None:
    loaded = modules_loaded_by(entry_point)
    slow = ("grpc", "google", "cryptography", "requests", "openai", "httpx", "pydantic", "websockets")
    assert [name for name in loaded if name.partition(".")[0] in slow] == []


def test_a_process_loads_only_its_own_entry_point() -> None:
    assert "log_payload" not in modules_loaded_by("mint_client_secret")
    assert "mint_client_secret" not in modules_loaded_by("log_payload")


def test_an_unknown_entry_point_fails_with_the_frameworks_own_message(load_function: LoadFunction) -> None:
    with pytest.raises(Exception, match="is expected to contain a function named 'no_such_function'"):
        load_function("no_such_function")
