"""Which project a release is of, and the gcloud that asks about it."""

import os
from dataclasses import dataclass
from functools import cached_property

from common.console import CommandFailed
from common.fingerprint import ROOT
from common.gcloud import Gcloud
from common.google_api import Signed
from common.hosting_site import default_site, site_url, sites_url
from common.names import Names, read_names
from common.project_env import project_env_file

WEB = ROOT / "web"


@dataclass(frozen=True)
class Released:
    """A project, its Hosting site and how people reach that."""

    names: Names
    gcloud: Gcloud

    @cached_property
    def known_site(self) -> str:
        """The id of the Hosting site: the one that was said, or the project's default one; empty without any."""
        project_id, said = self.names.project_id, self.names.site
        return said or default_site(self.signed.ask("GET", sites_url(project_id)).get("sites", []))

    @property
    def site(self) -> str:
        """The same where there has to be one. Raises CommandFailed."""
        if not self.known_site:
            raise CommandFailed(
                happened=f"{self.names.project_id} has no default Hosting site",
                todo="scripts/bootstrap.sh makes it. Or say which: SITE=… in infra/project.env.",
            )
        return self.known_site

    @property
    def site_url(self) -> str:
        return self.names.said_site_url or site_url(self.site)

    @cached_property
    def signed(self) -> Signed:
        """gcloud's access token, asked for once. Raises GcloudFailed."""
        return Signed.by(self.gcloud)

    @property
    def variables(self) -> dict[str, str]:
        """What a function's fingerprint depends on."""
        names = self.names
        return {
            "PROJECT_ID": names.project_id,
            "REGION": names.region,
            "CONTROL_BUCKET": names.control_bucket,
            "BUCKET": names.bucket,
        }


def released_project() -> Released:
    """By the environment and project.env, as the scripts that start us have read them. Raises CommandFailed."""
    names = read_names(os.environ, project_env_file(os.environ))
    return Released(names, Gcloud(names.project_id))
