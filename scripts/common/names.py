"""The names that everything in the project is derived from, and the memory of which project that is: project.env.

PROJECT_ID      --project, the environment, or the file; no default
REGION          the environment or the file
BUCKET          $PROJECT_ID-voicemint-payloads
CONTROL_BUCKET  $PROJECT_ID-voicemint-control
SITE            the Hosting site's id; where it is not said, the project's default site, which Google may have given
                another name than the project's
SITE_URL        https://$SITE.web.app
ALERT_EMAIL     whom the alerts are mailed to; where it is not said, nobody, until you choose in the console
PROJECT_ENV     another file instead of infra/project.env, for a second project (environment only)
PROJECT_NUMBER, BILLING_ACCOUNT   what the owner confirmed at the first bootstrap; written by it, never guessed
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from common.console import CommandFailed
from common.env_file import read_text
from common.hosting_site import site_url
from common.project_env import parse_env
from common.said_site import checked_site

PROJECT_ID = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", re.ASCII)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", re.ASCII)  # nothing that gcloud takes for another label
REGION = re.compile(r"[a-z]+-[a-z]+\d{1,2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    project_id: str
    region: str
    bucket: str
    control_bucket: str
    site: str  # empty until it was said or looked up
    said_site_url: str  # empty where it follows from the site
    project_number: str  # empty until it was confirmed
    billing_account: str  # likewise; 012345-6789AB-CDEF01
    alert_email: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """For the scripts that are run as steps: the same names, wherever they came from."""
        return {
            "PROJECT_ID": self.project_id,
            "REGION": self.region,
            "BUCKET": self.bucket,
            "CONTROL_BUCKET": self.control_bucket,
            **{name: value for name, value in (("SITE", self.site), ("SITE_URL", self.said_site_url)) if value},
        }

    @property
    def site_url(self) -> str:
        """Empty while nobody knows: the project's id may be the address of somebody else's site."""
        return self.said_site_url or (site_url(self.site) if self.site else "")

    def with_default_site(self, site: str) -> "Names":
        """What Google says, where nothing else was said."""
        return self if self.site else replace(self, site=site)

    def email(self, account: str) -> str:
        return f"{account}@{self.project_id}.iam.gserviceaccount.com"


def read_names(environ: Mapping[str, str], project_env: Path, project_id: str | None = None) -> Names:
    """`project_id` is the command line's. Raises CommandFailed."""
    written = parse_env(project_env)
    values = {**written, **{name: value for name, value in environ.items() if value}}
    chosen = project_id or values.get("PROJECT_ID", "")
    if not PROJECT_ID.fullmatch(chosen):
        raise CommandFailed(
            happened=f"{chosen!r} is not a project id"
            if chosen
            else "No project is named in PROJECT_ID, in infra/project.env or after --project",
            todo="See yours: gcloud projects list (the first column, neither name nor number).",
        )
    region = values.get("REGION", "")
    if not REGION.fullmatch(region):
        raise CommandFailed(
            happened=f"REGION is {region!r}, which is not one of Google's regions, like us-central1",
            todo="Correct project.env.",
        )
    if written.get("PROJECT_ID") not in ("", None, chosen) and written.get("PROJECT_NUMBER"):
        raise CommandFailed(
            happened=f"{project_env.name} remembers the project {written['PROJECT_ID']}, and this is {chosen}",
            todo="For a second project use a file of its own: PROJECT_ENV=path/to/other.env",
        )
    alert_email = values.get("ALERT_EMAIL", "")
    if alert_email and not EMAIL.fullmatch(alert_email):
        raise CommandFailed(
            happened=f"ALERT_EMAIL is {alert_email!r}, which is not one address, like you@example.com",
            todo="Correct project.env.",
        )
    return Names(
        project_id=chosen,
        region=region,
        bucket=values.get("BUCKET") or f"{chosen}-voicemint-payloads",
        control_bucket=values.get("CONTROL_BUCKET") or f"{chosen}-voicemint-control",
        site=checked_site(values.get("SITE", "")),
        said_site_url=values.get("SITE_URL", "").rstrip("/"),
        project_number=values.get("PROJECT_NUMBER", ""),
        billing_account=values.get("BILLING_ACCOUNT", ""),
        alert_email=alert_email,
    )


def remember(project_env: Path, values: Mapping[str, str]) -> None:
    """Set NAME=value lines of the file, in one go; every other line, and how lines end, stays as it is."""
    text = read_text(project_env)
    lines = text.splitlines()
    for name, value in values.items():
        said = [number for number, line in enumerate(lines) if line.partition("=")[0].strip() == name]
        if said:
            lines[said[0]] = f"{name}={value}"
        else:
            lines.append(f"{name}={value}")
    written = project_env.with_name(project_env.name + f".{os.getpid()}")
    end = "\r\n" if "\r\n" in text else "\n"
    written.write_bytes("".join(f"{line}{end}" for line in lines).encode())
    written.replace(project_env)
