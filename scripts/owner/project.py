"""Which project a command works on: the environment, infra/project.env, or the local run.

PROJECT_ID      required                            no command guesses it
BUCKET          $PROJECT_ID-voicemint-payloads
CONTROL_BUCKET  $PROJECT_ID-voicemint-control
SITE            the Hosting site's id               the project's default site, which Google is asked for
SITE_URL        https://$SITE.web.app
PROJECT_NUMBER, BILLING_ACCOUNT: what scripts/bootstrap.sh showed and was told to remember; no command here needs them
PROJECT_ENV     infra/project.env                   see project_env.py
and what voicemint/settings.py reads, limits among it: what a function is deployed with is in
infra/functions/mint-client-secret.yaml. The environment wins over infra/project.env, and that over the function's.
"""

import argparse
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from common.console import CommandFailed
from common.hosting_site import site_url
from common.project_env import parse_env, project_env_file
from common.said_site import checked_site
from google.auth.credentials import Credentials
from google.cloud import secretmanager, storage  # type: ignore[attr-defined]  # a namespace package without stubs
from google.oauth2.credentials import Credentials as LocalCredentials
from voicemint.google.payload_bucket import connect
from voicemint.settings import LOOPBACK_HOSTS, Settings

from .default_site import look_up_site
from .gcloud_sign_in import owner_credentials

ROOT = Path(__file__).parents[2]
FUNCTION_FLAGS = ROOT / "infra" / "functions" / "mint-client-secret.yaml"
LOCAL_FOLDER = ROOT / ".voicemint"
LOCAL_RUN_ENV = "local-run.env"
LOCAL_RUN_TOKEN = "LOCAL_RUN_TOKEN"  # noqa: S105 - the variable's name
LOCAL_ONLY = ("STORAGE_EMULATOR_HOST", "GCE_METADATA_HOST", "GCE_METADATA_IP")


@dataclass(frozen=True)
class Project:
    """Where to ask. `limits_from` says in words which file or default the settings' limits are from.

    `variables` and `options` are what leads a command line to this project and no other.
    """

    settings: Settings
    said_site_url: str
    local: bool
    limits_from: str
    max_instances: int | None = None
    variables: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    local_token: str = field(default="", repr=False)

    def command(self, script: str, *arguments: str) -> str:
        """A command line to be copied: it works on this same project."""
        return " ".join([*self.variables, f"scripts/{script}", *self.options, *map(shlex.quote, arguments)])

    @property
    def has_a_real_key_locally(self) -> bool:
        """Whether this is a local run that talks to OpenAI: its key is in no stand-in, only in its mounted file."""
        return self.local and urlsplit(self.settings.openai_base_url).hostname not in LOOPBACK_HOSTS

    @cached_property
    def site_url(self) -> str:
        """Looked up where it was not said: the project's id may be the address of somebody else's site."""
        return self.said_site_url or site_url(look_up_site(self.settings.project_id, self._credentials))

    @cached_property
    def secret_manager(self) -> secretmanager.SecretManagerServiceClient:
        return secretmanager.SecretManagerServiceClient(
            transport="rest",
            credentials=self._credentials,
            client_options={"api_endpoint": self.settings.secret_manager_url},
        )

    @cached_property
    def control_bucket(self) -> storage.Bucket:
        return self._storage.bucket(self.settings.control_bucket)

    @cached_property
    def payload_bucket(self) -> storage.Bucket:
        return self._storage.bucket(self.settings.bucket)

    @cached_property
    def _storage(self) -> storage.Client:
        return connect(
            project=self.settings.project_id,
            credentials=self._credentials,
            client_options={"api_endpoint": self.settings.storage_url},
        )

    @cached_property
    def _credentials(self) -> Credentials:
        """A local run's stand-ins ask for its token."""
        if self.local:
            return LocalCredentials(self.local_token)  # type: ignore[no-untyped-call]
        return owner_credentials(self.settings.project_id)


def add_project_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--local", action="store_true")
    parser.add_argument("--folder", type=Path, metavar="F")


def project_of(options: argparse.Namespace) -> Project:
    """The project that the command line means. Raises CommandFailed or SettingsError."""
    if options.local or options.folder:
        return local_project(options.folder)
    return cloud_project(os.environ, project_env_file(os.environ), FUNCTION_FLAGS)


def local_project(given: Path | None = None) -> Project:
    """What scripts/dev.sh has started, there with `--folder given`."""
    folder = ROOT / (given or LOCAL_FOLDER)  # as scripts/dev.sh takes it
    options = ("--folder", shlex.quote(str(given))) if given else ("--local",)
    file = folder / LOCAL_RUN_ENV
    if not file.is_file():
        start = shlex.join(["scripts/dev.sh", *(("--folder", str(given)) if given else ())])
        raise CommandFailed(happened=f"No local run is going on in {folder.name}/", todo=f"Start it: {start}")
    values = parse_env(file)
    settings = Settings.from_environ(values)
    return Project(
        settings,
        values["SITE_URL"],
        local=True,
        limits_from="the local run",
        options=options,
        local_token=values.get(LOCAL_RUN_TOKEN, ""),
    )


def cloud_project(environ: Mapping[str, str], project_env: Path, function_flags: Path) -> Project:
    """The project in the cloud, as `environ` and the two files describe it, where they are there."""
    stray = [name for name in LOCAL_ONLY if environ.get(name)]
    if stray:
        raise CommandFailed(
            happened=f"{', '.join(stray)} leads to a stand-in, not to Google Cloud", todo="Unset it, or say --local."
        )
    flags = _function_flags(function_flags)
    deployed = _environment_of(flags)
    written = parse_env(project_env) if project_env.is_file() else {}
    values = {**deployed, **written, **{name: value for name, value in environ.items() if value}}
    project_id = values.get("PROJECT_ID", "")
    if not project_id:
        raise CommandFailed(
            happened="No project is named",
            todo="Write its id into infra/project.env, as PROJECT_ID=my-project; or say --local for the local run.",
        )
    values.setdefault("BUCKET", f"{project_id}-voicemint-payloads")
    values.setdefault("CONTROL_BUCKET", f"{project_id}-voicemint-control")
    return Project(
        Settings.from_environ({name: value for name, value in values.items() if name != "K_SERVICE"}),
        _said_site_url(values),
        local=False,
        limits_from=f"infra/functions/{function_flags.name}" if deployed else "the defaults of voicemint/settings.py",
        max_instances=flags.get("--max-instances"),
        variables=tuple(
            f"{name}={shlex.quote(environ[name])}"
            for name in ("PROJECT_ENV", "PROJECT_ID")
            if environ.get(name) and environ[name] != written.get(name)
        ),
    )


def _function_flags(file: Path) -> dict[str, Any]:
    """What gcloud's --flags-file tells a deployment: {"--flag": value}."""
    if not file.is_file():
        return {}
    flags = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(flags, dict):
        raise CommandFailed(
            happened=f"{file.name} has no flags in it, but a {type(flags).__name__}", todo="Correct the file."
        )
    return flags


def _environment_of(flags: Mapping[str, Any]) -> dict[str, str]:
    """gcloud takes a map of variables as YAML or as A=1,B=2."""
    value = flags.get("--set-env-vars", {})
    pairs = value.items() if isinstance(value, dict) else (pair.split("=", 1) for pair in value.split(","))
    return {str(name): str(text) for name, text in pairs}


def _said_site_url(values: Mapping[str, str]) -> str:
    """Empty where neither SITE_URL nor SITE is said."""
    site = checked_site(values.get("SITE", ""))
    url = values.get("SITE_URL") or (site_url(site) if site else "")
    return _plain_url(url) if url else ""


def _plain_url(url: str) -> str:
    parts = urlsplit(url)
    if not (parts.scheme == "https" or parts.hostname in LOOPBACK_HOSTS) or parts.query or parts.fragment:
        raise CommandFailed(happened=f"SITE_URL is {url!r}, which is not a plain https URL", todo="Correct it.")
    return url.rstrip("/")
