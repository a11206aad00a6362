"""Steps for the versions of a secret: the newest one is enabled, and there is no other."""

from collections.abc import Iterator, Sequence

from common.gcloud import Gcloud
from common.newest_version import ENABLED, number_of, unreadable_among
from common.secret_names import OPENAI_API_KEY, SIGNING_KEY

from .reality import Json
from .steps import Action, Step

WHAT = {OPENAI_API_KEY: "the OpenAI API key"}
CONSEQUENCE = {SIGNING_KEY: ". Everybody is signed out, and every link is void"}


def version_steps(gcloud: Gcloud, secret: str, versions: Sequence[Json], *, new_key: bool) -> Iterator[Step]:
    """`new_key`: another key was given than the one that is stored."""
    kept = [version for version in versions if version["state"] != "DESTROYED"]
    adds = lacks_version(secret, versions) or (new_key and secret == OPENAI_API_KEY)
    if adds:
        yield _add_version(gcloud, secret, versions)
    superseded = sorted(map(number_of, kept))[: None if adds else -1]
    for number in superseded:
        yield _destroy_version(gcloud, secret, number)


def lacks_version(secret: str, versions: Sequence[Json]) -> bool:
    """Whether nobody can read the secret: nothing was ever stored in it, or its newest version is not enabled."""
    return not versions or unreadable_among(secret, versions) is not None


def _add_version(gcloud: Gcloud, secret: str, versions: Sequence[Json]) -> Step:
    what = WHAT.get(secret, f"a new value of {secret}, made up here")
    unreadable = unreadable_among(secret, versions)
    why = f", because {unreadable}{CONSEQUENCE.get(secret, '')}" if unreadable else ""
    add = Action(
        command=tuple(gcloud.command("secrets", "versions", "add", secret, "--data-file=-")),
        secret=secret,
        check=("secrets", "versions", "list", secret, "--filter=state=ENABLED"),
        before=sum(version["state"] == ENABLED for version in versions),
    )
    return Step(id=f"version/{secret}", title=f"Store {what}{why}", actions=(add,), needs=(f"secret/{secret}",))


def _destroy_version(gcloud: Gcloud, secret: str, number: int) -> Step:
    """What is older than the newest version is read by nobody, and costs as much."""
    command = gcloud.command("secrets", "versions", "destroy", str(number), f"--secret={secret}")
    return Step(
        id=f"superseded/{secret}/{number}", title=f"Destroy version {number} of {secret}, which is superseded",
        actions=(Action(command=tuple(command)),), needs=(f"version/{secret}",), removes=True,
        done=frozenset({"gone"}),
    )  # fmt: skip
