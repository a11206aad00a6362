"""Table of contents for functions-framework: entry point -> the module of the same name.

An entry point is imported when it is asked for (PEP 562), so a process loads its own function and nothing else.
"""

from importlib import import_module

ENTRY_POINTS = ("mint_client_secret", "create_call", "watch_call", "log_payload", "sign_in", "answer_phone")


def __getattr__(name: str) -> object:
    if name in ENTRY_POINTS:
        return getattr(import_module(name), name)
    raise AttributeError(f"{name!r} is not an entry point; expected one of: {', '.join(ENTRY_POINTS)}")
