"""What a session's own configuration makes likely to be said: its transcription's keywords and its tools' names."""

import re
from collections.abc import Iterator

from standins.openai.session_config import RealtimeConfig, SessionConfig
from standins.openai.tools import FunctionTool

MAX_PHRASES, MAX_WORDS = 50, 8


def likely_phrases(config: SessionConfig) -> list[str]:
    """Phrases in lower case, words of letters only, the first ones if there are too many."""
    words = (re.findall(r"[a-z']+", text.lower())[:MAX_WORDS] for text in _texts(config))
    return list(dict.fromkeys(" ".join(phrase) for phrase in words if phrase))[:MAX_PHRASES]


def _texts(config: SessionConfig) -> Iterator[str]:
    transcription = config.audio.input.transcription
    if transcription:
        yield from transcription.keywords or ()
        yield from re.split(r"[.,;:\n]", transcription.prompt or "")
    if isinstance(config, RealtimeConfig):
        yield from (tool.name.replace("_", " ") for tool in config.tools if isinstance(tool, FunctionTool))
