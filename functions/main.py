"""Table of contents for functions-framework: entry point -> the module of the same name.

An entry point is imported when it is asked for (PEP 562), so a process loads its own function and nothing else.
"""

import sys
from importlib import import_module
from types import TracebackType

from voicemint.errors import SettingsError

ENTRY_POINTS = ("mint_client_secret", "create_call", "watch_call", "log_payload", "sign_in", "answer_phone")


def __getattr__(name: str) -> object:
    if name in ENTRY_POINTS:
        return getattr(import_module(name), name)
    raise AttributeError(f"{name!r} is not an entry point; expected one of: {', '.join(ENTRY_POINTS)}")


def _say_why_it_ends(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """A setting or an agent's file that is wrong is said in one line: where it went wrong in the code helps nobody."""
    if isinstance(error, SettingsError):
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - before there is a log
    else:
        sys.__excepthook__(kind, error, traceback)


sys.excepthook = _say_why_it_ends
