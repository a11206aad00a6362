"""What every command has in common: how it speaks, how it fails, how it ends."""

import os
import sys
import time
from collections.abc import Callable

from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError
from voicemint.errors import VoicemintError
from voicemint.redaction import redact

from common.gcloud_network import network_environment

EXIT_FAILED, EXIT_INTERRUPTED = 1, 130
MAX_QUOTED_CHARACTERS = 300
PROGRESS_SECONDS = 10
WHOSE = "Is this the owner's account and project?"


class CommandFailed(Exception):
    """Why a command failed: what `happened`, one sentence without its full stop, and what to do about it."""

    def __init__(self, *, happened: str, todo: str) -> None:
        super().__init__(f"{happened.removesuffix('.')}. {todo}")  # what another program said may have its full stop


def run(command: Callable[[], int]) -> int:
    """The command's exit code; what went wrong is said in one line, without anything that looks like a secret."""
    os.environ.update(network_environment(os.environ))
    try:
        return command()
    except KeyboardInterrupt:
        say("Ended before it was done. Run it again: it goes on where it can.")
        return EXIT_INTERRUPTED
    except (CommandFailed, VoicemintError) as error:
        sentence = str(error)
    except (RequestException, HTTPError, OSError) as error:
        sentence = f"There was no answer ({type(error).__name__}: {_one_line(error)}). Is it reachable from here?"
    except Exception as error:
        if not (refusal := _google_refusal(error)):
            raise
        sentence = refusal
    print(f"error: {redact(sentence)}", file=sys.stderr)
    return EXIT_FAILED


def say(text: str) -> None:
    """Progress and advice go to stderr; stdout is the result alone."""
    print(text, file=sys.stderr, flush=True)


def show(text: str) -> None:
    print(text, flush=True)


def wait(seconds: float, why: str) -> None:
    """Sleep, saying every few seconds how long it still takes."""
    ends_at = time.monotonic() + seconds
    while (remaining := ends_at - time.monotonic()) > 0:
        say(f"Waiting {remaining:.0f} s: {why}")
        time.sleep(min(remaining, PROGRESS_SECONDS))


def _google_refusal(error: Exception) -> str:
    """What an exception of Google's clients means; empty for any other.

    Imported here: their exceptions take longer to load than all the rest, and most commands need none of them.
    """
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError

    if isinstance(error, DefaultCredentialsError):
        return "You are not signed in to Google. Sign in: gcloud auth login"
    if isinstance(error, GoogleAPICallError | RetryError | GoogleAuthError):
        said = f"Google refused or did not answer: {_one_line(error)}"
        return f"{said}. {_advice(error) or WHOSE}"
    return ""


def _advice(error: Exception) -> str:
    """What a refusal means that is known and does not go away by itself; empty for any other."""
    from common.failures import UNKNOWN, look_up

    failure = look_up(f"{error} {getattr(error, 'details', '')}", os.environ.get("PROJECT_ID") or "the project")
    known = failure.kind == "stop" and failure != UNKNOWN
    return f"{failure.cause[0].upper()}{failure.cause[1:]}. {failure.fix}" if known else ""


def _one_line(error: Exception) -> str:
    line = " ".join(str(error).split())
    return line if len(line) <= MAX_QUOTED_CHARACTERS else f"{line[:MAX_QUOTED_CHARACTERS]}…"
