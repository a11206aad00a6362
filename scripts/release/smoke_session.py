"""The session with which a build tries a release: one guest's, as anybody else's.

Why a session and not the signing key: whoever reads that key can be anybody, for ever. A session is one guest for 30
days, under everybody's limits, in the list of guests, and revoked by name.
"""

import json

import requests
from common.console import CommandFailed
from common.project_env import project_env_file
from common.secret_names import SIGNING_KEY
from owner.control_state import read_control
from owner.invite import remember
from owner.project import FUNCTION_FLAGS, cloud_project
from owner.secret_versions import Versions
from voicemint.access.invites import make_invite
from voicemint.access.person import COOKIE
from voicemint.control.stop_switch import ControlState
from voicemint.secrets.signing import SigningKeys

from .project import Released

GUEST = "Release check"
SECONDS = 30


def sign_in(project: Released) -> str:
    """The value of a new session's cookie. Raises CommandFailed."""
    environment = {**project.gcloud.environment, **project.variables, "SITE_URL": project.site_url}
    owner = cloud_project(environment, project_env_file(environment), FUNCTION_FLAGS)
    state = read_control(owner.control_bucket) or ControlState()
    invite, text = make_invite(SigningKeys(Versions(owner, SIGNING_KEY).latest().text), GUEST, state.epoch)
    remember(owner, *invite.record())
    site = project.site_url
    answer = requests.post(
        f"{site}/api/access", data=json.dumps({"invite": text}), timeout=SECONDS, allow_redirects=False,
        headers={"Content-Type": "application/json", "Origin": site, "Sec-Fetch-Site": "same-origin"},
    )  # fmt: skip
    session = answer.cookies.get(COOKIE)
    if answer.status_code != 204 or not session:
        raise CommandFailed(
            happened=f"{site}/api/access answered {answer.status_code} and gave no session",
            todo="Release first: scripts/release.sh",
        )
    return session
