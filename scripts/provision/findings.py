"""What a check has found out, as scripts/doctor.sh and the preflight of scripts/bootstrap.sh say it."""

from dataclasses import asdict, dataclass
from typing import Literal

Status = Literal["ok", "pending", "unknown", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    `id` stays the same for ever: programs know a finding by it. `pending` is what is not there yet and a bootstrap
    makes, `unknown` what could not be asked, a `problem` what a bootstrap would fail at or has to mend. `fix` is a
    command or a console page, and what to do there; empty when all is well.
    """

    id: str
    status: Status
    title: str
    detail: str = ""
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)
