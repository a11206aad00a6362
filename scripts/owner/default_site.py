"""The project's default Hosting site, asked for with the owner's credentials."""

from common.console import CommandFailed, say
from common.hosting_site import default_site, sites_url
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession

TIMEOUT = (5, 30)
SAY_IT = "Or say which: SITE=… in infra/project.env, as the Firebase console has it under Hosting."


def look_up_site(project_id: str, credentials: Credentials) -> str:
    """Its id. Raises CommandFailed where it cannot be known: a link or a session must reach no stranger's site."""
    say("Asking Firebase Hosting for the project's site")
    session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
    answer = session.get(sites_url(project_id), timeout=TIMEOUT, allow_redirects=False)
    if not answer.ok:
        raise CommandFailed(
            happened=f"Google did not list the Hosting sites of {project_id}: status {answer.status_code}",
            todo=f"Is this the owner's account, and was scripts/bootstrap.sh run? {SAY_IT}",
        )
    found = default_site(answer.json().get("sites", []))
    if not found:
        raise CommandFailed(
            happened=f"{project_id} has no default Hosting site",
            todo=f"scripts/bootstrap.sh makes it. {SAY_IT}",
        )
    return found
