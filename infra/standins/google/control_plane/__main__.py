"""`python -m standins.google.control_plane`: a local Google with one empty project, until Ctrl-C.

Nothing is kept: each start is a new Google. api.openai.com is there too, answered by the OpenAI stand-in.
"""

import argparse
import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from standins import openai as openai_realtime
from standins.google.control_plane.serving.environment import NOT_PROXIED
from standins.google.control_plane.serving.plane import ControlPlane
from standins.google.control_plane.state.state import State
from standins.serving import serving

NUMBER, BILLING_ACCOUNT = "123456789012", "012345-678901-ABCDEF"
PROJECT_ENV = Path(__file__).parents[3] / "project.env"
ENVIRONMENT_FILE = "environment.sh"
NPM_REGISTRY = "registry.npmjs.org"


def main() -> int:
    parser = argparse.ArgumentParser(
        allow_abbrev=False,
        prog="python -m standins.google.control_plane",
        description="A local Google with one empty project. Prints what a shell must export to reach it, and it alone.",
    )
    parser.add_argument("--project", default="local-google", metavar="ID", help="the project (default: %(default)s)")
    parser.add_argument("--no-billing", action="store_true", help="nobody pays for the project")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(".voicemint") / "google",
        help="keeps the private CA, a HOME and gcloud's configuration (default: %(default)s)",
    )
    options = parser.parse_args()
    asyncio.run(_run(options.project, None if options.no_billing else BILLING_ACCOUNT, options.folder.resolve()))
    return 0


async def _run(project: str, billing_account: str | None, folder: Path) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    state = State()
    state.add_project(project, number=NUMBER, billing_account=billing_account)
    plane = ControlPlane(state)
    async with serving(openai_realtime.create_app()) as openai_url, plane.serving(folder) as proxy:
        plane.pass_through["api.openai.com"] = openai_url
        remembered = shutil.copy(PROJECT_ENV, folder)  # what a trial remembers is not about the real project
        exported = {**proxy.environment, **npm_environment(os.environ), "PROJECT_ID": project}
        exported["PROJECT_ENV"] = str(remembered)
        _announce(exported, folder / ENVIRONMENT_FILE)
        await stop.wait()
    for what, found in (("no such route here", state.unknown), ("no such host here", state.foreign)):
        for asked in found:
            print(f"{what}: {asked}", file=sys.stderr)  # noqa: T201 - what to add to this Google


def npm_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Packages come from where they always come from: npm asks a proxy that refuses it again and again, for minutes."""
    before = next((environ[name] for name in ("HTTPS_PROXY", "https_proxy") if environ.get(name)), "")
    if before:
        return {"npm_config_https_proxy": before, "npm_config_proxy": before}
    return {"npm_config_noproxy": f"{NOT_PROXIED},{_registry()}"}


def _registry() -> str:
    """The host that npm asks for packages."""
    npm = shutil.which("npm")
    asked = (
        subprocess.run((npm, "config", "get", "registry"), capture_output=True, text=True, check=False) if npm else None
    )
    return (urlsplit(asked.stdout.strip()).hostname if asked else None) or NPM_REGISTRY


def _announce(environment: dict[str, str], file: Path) -> None:
    lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
    file.write_text(lines)
    print(lines, end="", flush=True)  # noqa: T201 - the lines this command is for
    print(f"In another shell: source {shlex.quote(str(file))}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
