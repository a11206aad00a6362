"""One secret of Secret Manager and its versions."""

from collections.abc import Callable
from dataclasses import dataclass

from google.api_core.exceptions import FailedPrecondition, NotFound
from google.cloud.secretmanager import SecretManagerServiceClient, SecretPayload, SecretVersion

from .console import CommandFailed, say
from .project import Project

TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Value:
    """What one version holds."""

    number: int
    text: str

    def __repr__(self) -> str:
        return f"Value(version {self.number})"


class Versions:
    def __init__(self, project: Project, secret_id: str) -> None:
        self._client: SecretManagerServiceClient = project.secret_manager
        self._secret_id = secret_id
        self._secret = self._client.secret_path(project.settings.project_id, secret_id)

    def latest(self) -> Value:
        """What the functions see. Raises CommandFailed where there is nothing to see."""
        try:
            answer = self._client.access_secret_version(name=f"{self._secret}/versions/latest", timeout=TIMEOUT_SECONDS)
        except (NotFound, FailedPrecondition) as error:
            raise CommandFailed(
                expected=f"the secret {self._secret_id} to have a latest version that is enabled",
                found=f"none ({type(error).__name__})",
                todo="Check PROJECT_ID, and in Google's console under Secret Manager whether the secret is there.",
            ) from None
        return Value(_number(answer.name), answer.payload.data.decode("ascii", errors="replace"))

    def add(self, text: str) -> int:
        """Add a version, which is the latest from then on; returns its number."""
        version = self._client.add_secret_version(
            parent=self._secret, payload=SecretPayload(data=text.encode()), timeout=TIMEOUT_SECONDS
        )
        return _number(version.name)

    def created_at(self, number: int) -> float:
        """Epoch seconds."""
        version = self._client.get_secret_version(name=self._name(number), timeout=TIMEOUT_SECONDS)
        return float(version.create_time.timestamp())

    def older_than(self, number: int) -> list[int]:
        """The versions before `number` that are not destroyed yet, enabled or not."""
        versions = self._client.list_secret_versions(parent=self._secret, timeout=TIMEOUT_SECONDS)
        numbers = {_number(version.name) for version in versions if version.state != SecretVersion.State.DESTROYED}
        return sorted(found for found in numbers if found < number)

    def retire_older_than(self, number: int, still_works: Callable[[], None]) -> None:
        """Disable what is older, and destroy it for good once `still_works` has not raised; else enable it again."""
        older = self.older_than(number)
        if not older:
            return
        say(f"Disabling version {', '.join(map(str, older))} of {self._secret_id}")
        try:
            for old in older:
                self._client.disable_secret_version(name=self._name(old), timeout=TIMEOUT_SECONDS)
            still_works()
        except BaseException:
            for old in older:
                self._client.enable_secret_version(name=self._name(old), timeout=TIMEOUT_SECONDS)
            raise
        for old in older:
            self._client.destroy_secret_version(name=self._name(old), timeout=TIMEOUT_SECONDS)

    def _name(self, number: int) -> str:
        return f"{self._secret}/versions/{number}"


def _number(name: str) -> int:
    return int(name.rpartition("/")[2])
