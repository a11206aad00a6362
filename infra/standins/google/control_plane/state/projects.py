"""Projects: who pays for them, what is enabled in them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from standins.google.errors import GoogleError

# What Google enables in a new project by itself, as far as it is in the way here.
ENABLED_FROM_THE_START = (
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "servicemanagement.googleapis.com",
    "serviceusage.googleapis.com",
    "storage-api.googleapis.com",
    "storage.googleapis.com",
)


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


@dataclass
class Project:
    """`services`: enabled ones, with how many calls each still refuses because it was just enabled."""

    project_id: str
    number: str
    billing_account: str | None
    account: str
    name: str = ""
    state: str = "ACTIVE"
    labels: dict[str, str] = field(default_factory=dict)
    created: str = field(default_factory=now)
    services: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ENABLED_FROM_THE_START, 0))

    @property
    def resource(self) -> str:
        return f"projects/{self.project_id}"


class Projects(dict[str, Project]):
    """By project id."""

    def find(self, id_or_number: str) -> Project:
        for project in self.values():
            if id_or_number in (project.project_id, project.number):
                return project
        raise GoogleError(
            "PERMISSION_DENIED", f"Permission denied on resource project {id_or_number} (or it may not exist)."
        )
