"""Which project a release is of, and the gcloud that asks about it."""

import os
from dataclasses import dataclass
from functools import cached_property

from owner.project_env import project_env_file
from provision.gcloud import Gcloud
from provision.http import Signed
from provision.names import Names, read_names

from .fingerprint import ROOT

WEB = ROOT / "web"


@dataclass(frozen=True)
class Released:
    """`site` is the id of the Hosting site: the default one, which has the project's id."""

    names: Names
    gcloud: Gcloud

    @property
    def site(self) -> str:
        return self.names.project_id

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
