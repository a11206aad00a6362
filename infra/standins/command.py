"""The command line of `python -m standins`."""

import argparse
import asyncio
import errno
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from voicemint.errors import SettingsError

from standins.first_of import first_of
from standins.function_process import FunctionFailedError
from standins.local.run_folder import FolderInUseError
from standins.local.site import PageNotBuiltError, Site, local_run

# Above 1023, of the "bad ports" of the Fetch standard: no browser opens a page on them.
REFUSED_BY_BROWSERS = {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, *range(6665, 6670)}
REFUSED_BY_BROWSERS |= {6679, 6697, 10080}


def main() -> int:
    parser = CommandLine(allow_abbrev=False, prog="scripts/dev.sh")
    parser.add_argument("--port", type=_port, default=5000, help="where the page is served (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=Path(".voicemint"), help="keeps the bucket and the logs")
    options = parser.parse_args()
    try:
        asyncio.run(_run(options.port, options.folder.resolve()))
    except (FunctionFailedError, PageNotBuiltError, FolderInUseError, SettingsError) as error:
        return _fail(str(error))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return _fail(f"port {options.port} is in use on this machine; choose another with --port")
    return 0


class CommandLine(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """As every script says it: scripts/options.sh."""
        self.exit(2, f"error: {message}. See {self.prog} --help\n")


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else -1
    if port != 0 and not 1024 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"expected 1024 to 65535, or 0 for any free one; found {text!r}")
    if port in REFUSED_BY_BROWSERS:
        raise argparse.ArgumentTypeError(f"browsers refuse to open port {port}; choose another")
    return port


def _fail(sentence: str) -> int:
    print(f"error: {sentence}", file=sys.stderr)  # noqa: T201 - a command speaks to the terminal
    return 1


async def _run(port: int, folder: Path) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    ended = await first_of(stop.wait(), _serve(port, folder))
    if ended:
        ended.result()


async def _serve(port: int, folder: Path) -> NoReturn:
    """Until it is cancelled, at whatever point it is. Raises what a function ends with."""
    async with local_run(folder, port=port, openai_api_key=os.environ.get("OPENAI_API_KEY")) as site:
        _announce(site, await asyncio.to_thread(site.invite_link))
        raise await site.failed()


def _announce(site: Site, link: str) -> None:
    who = (
        "The offline stand-in answers; set OPENAI_API_KEY to talk to OpenAI." if site.openai_url else "OpenAI answers."
    )
    print(f"{who} Logs: {site.logs}\nReady: {link}", flush=True)  # noqa: T201 - the line this command is for
