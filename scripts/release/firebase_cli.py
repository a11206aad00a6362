"""The Firebase CLI, signed in as gcloud is.

It takes a sign-in from its settings file. Ours holds gcloud's access token for half an hour, in a folder that only
this user can read and that ends with the command: no token is in an argument, and `firebase login` is not needed. Its
own way to Application Default Credentials asks for the token past HTTPS_PROXY, and does not know gcloud's sign-in.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

from common.console import CommandFailed
from common.fingerprint import ROOT

from .project import WEB, Released

FIREBASE = ROOT / "infra" / "firebase" / "node_modules" / "firebase-tools" / "lib" / "bin" / "firebase.js"
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
TOKEN_SECONDS = 30 * 60
SECONDS = 600
# All that it gets of ours: what a program needs, and its way to the network. It brings hundreds of packages, so that no
# key, session or other sign-in is its business.
INHERITED = {
    "PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA", "SSL_CERT_FILE", "SSL_CERT_DIR",
}  # fmt: skip
QUIET = {"CI": "1", "NO_UPDATE_NOTIFIER": "1"}


def firebase(project: Released, *arguments: str) -> Any:
    """The result of a command, as its --json says it. Raises CommandFailed with its own words."""
    with _signed_in(project) as (environment, folder), _configuration(project) as config:
        command = ["node", str(FIREBASE), *arguments, "--json", "--non-interactive"]
        command += [f"--project={project.names.project_id}", f"--config={config}"]
        try:
            ended = subprocess.run(
                command, env=environment, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise CommandFailed(
                happened=f"`firebase {arguments[0]}` did not end within {SECONDS} s", todo="Try again."
            ) from None
    answer = _answer(ended.stdout)
    if ended.returncode or answer.get("status") != "success":
        why = answer.get("error") or _last_line(ended.stderr + ended.stdout)
        raise CommandFailed(
            happened=f"`firebase {' '.join(arguments)}` failed: {why}",
            todo="These are the words of the Firebase CLI.",
        )
    return answer.get("result")


@contextmanager
def _configuration(project: Released) -> Iterator[Path]:
    """web/firebase.json, with the site where that is said: no command of the CLI takes it as an option."""
    file = WEB / "firebase.json"
    if not project.names.site:
        yield file
        return
    config = json.loads(file.read_text(encoding="utf-8"))
    config["hosting"]["site"] = project.names.site
    with NamedTemporaryFile("w", dir=WEB, prefix=".firebase-", suffix=".json", encoding="utf-8") as said:
        json.dump(config, said)
        said.flush()
        yield Path(said.name)


@contextmanager
def _signed_in(project: Released) -> Iterator[tuple[dict[str, str], Path]]:
    with TemporaryDirectory(prefix="voicemint-firebase-") as name:
        folder = Path(name)
        settings = folder / "configstore" / "firebase-tools.json"
        settings.parent.mkdir(mode=0o700)
        settings.touch(mode=0o600)
        tokens = {
            "access_token": project.signed.token,
            "expires_at": int((time.time() + TOKEN_SECONDS) * 1000),
            "scopes": SCOPES,
        }
        settings.write_text(json.dumps({"user": {"email": "gcloud"}, "tokens": tokens}), encoding="utf-8")
        yield {**inherited(project.gcloud.environment), **QUIET, "XDG_CONFIG_HOME": name}, folder


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name in INHERITED}


def _answer(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing"
