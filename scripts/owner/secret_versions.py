"""One secret of Secret Manager and its versions."""

from collections.abc import Callable
from dataclasses import dataclass

from common import marks
from common.console import CommandFailed, say
from common.newest_version import Unreadable, unreadable_in
from common.secret_names import OPENAI_API_KEY, SIGNING_KEY
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud.secretmanager import SecretManagerServiceClient, SecretPayload, SecretVersion

from .project import Project

TIMEOUT_SECONDS = 10
STORE_ANOTHER = {
    OPENAI_API_KEY: "Store another key: scripts/rotate-key.sh openai.",
    SIGNING_KEY: "scripts/bootstrap.sh makes a new one, which signs everybody out.",
    "openai-webhook-secret": "Store another: scripts/phone.sh --rotate.",
}


@dataclass(frozen=True, slots=True)
class Value:
    """What one version holds."""

    number: int
    text: str

    def __repr__(self) -> str:
        return f"Value(version {self.number})"


class VersionOff(CommandFailed):
    """The newest version is not enabled."""


class Versions:
    def __init__(self, project: Project, secret_id: str) -> None:
        self._client: SecretManagerServiceClient = project.secret_manager
        self._secret_id = secret_id
        self._project_id = project.settings.project_id
        self._secret = self._client.secret_path(project.settings.project_id, secret_id)

    def latest(self) -> Value:
        """What the functions see. Raises CommandFailed where there is nothing to see."""
        try:
            return self._latest()
        except NotFound:
            raise CommandFailed(
                happened=f"The secret {self._secret_id} has no version",
                todo="Check PROJECT_ID, and in Google's console under Secret Manager whether the secret is there.",
            ) from None
        except BadRequest as error:  # which 400 is of a client that asks over REST, FAILED_PRECONDITION too
            if unreadable := unreadable_in(self._secret_id, str(error)):
                raise self._off(unreadable) from None
            raise

    def latest_if_enabled(self) -> Value | None:
        """None where somebody has disabled or destroyed it. Raises CommandFailed where there is none."""
        try:
            return self.latest()
        except VersionOff:
            return None

    def _latest(self) -> Value:
        answer = self._client.access_secret_version(name=f"{self._secret}/versions/latest", timeout=TIMEOUT_SECONDS)
        return Value(_number(answer.name), answer.payload.data.decode("ascii", errors="replace"))

    def _off(self, unreadable: Unreadable) -> VersionOff:
        back = unreadable.way_back(self._project_id)
        return VersionOff(
            happened=f"The secret {self._secret_id} cannot be read: {unreadable}",
            todo=STORE_ANOTHER.get(self._secret_id, "Store another.") + (f" To have it back: {back}" if back else ""),
        )

    def add(self, text: str) -> int:
        """Add a version, which is the latest from then on; returns its number. Raises CommandFailed."""
        self._refuse_foreign()
        version = self._client.add_secret_version(
            parent=self._secret, payload=SecretPayload(data=text.encode()), timeout=TIMEOUT_SECONDS
        )
        return _number(version.name)

    def _refuse_foreign(self) -> None:
        """Nothing is added to a secret that another program has under this name, and so nothing of it destroyed."""
        labels = self._client.get_secret(name=self._secret, timeout=TIMEOUT_SECONDS).labels
        if labels.get(marks.LABEL) != marks.LABEL_VALUE:
            raise CommandFailed(
                happened=f"Voicemint did not make the secret {self._secret_id}",
                todo=f"Nothing was changed. scripts/bootstrap.sh --adopt secret/{self._secret_id} takes it over.",
            )

    def created_at(self, number: int) -> float:
        """Epoch seconds."""
        version = self._client.get_secret_version(name=self._name(number), timeout=TIMEOUT_SECONDS)
        return float(version.create_time.timestamp())

    def older_than(self, number: int, *states: int) -> list[int]:
        """The versions before `number` in one of these states; without any, all that are not destroyed yet."""
        wanted = states or (SecretVersion.State.ENABLED, SecretVersion.State.DISABLED)
        versions = self._client.list_secret_versions(parent=self._secret, timeout=TIMEOUT_SECONDS)
        numbers = {_number(version.name) for version in versions if version.state in wanted}
        return sorted(found for found in numbers if found < number)

    def retire_older_than(self, number: int, still_works: Callable[[], None]) -> None:
        """Disable what is older, and destroy it for good once `still_works` has not raised; else enable it again."""
        older = self.older_than(number)
        enabled = self.older_than(number, SecretVersion.State.ENABLED)
        if not older:
            return
        if enabled:
            say(f"Disabling version {', '.join(map(str, enabled))} of {self._secret_id}")
        try:
            for old in enabled:
                self._client.disable_secret_version(name=self._name(old), timeout=TIMEOUT_SECONDS)
            still_works()
        except BaseException:
            for old in enabled:  # what somebody else has disabled stays so: it may have leaked
                self._client.enable_secret_version(name=self._name(old), timeout=TIMEOUT_SECONDS)
            raise
        for old in older:
            self._client.destroy_secret_version(name=self._name(old), timeout=TIMEOUT_SECONDS)

    def _name(self, number: int) -> str:
        return f"{self._secret}/versions/{number}"


def _number(name: str) -> int:
    return int(name.rpartition("/")[2])
