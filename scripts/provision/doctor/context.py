"""What a check is told, and how it says what could not be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from common.failures import look_up
from owner.default_credentials import Flaw
from voicemint.agents.agent import Agent

from ..configuration import Configurations
from ..desired import Binding, Desired
from ..findings import Finding
from ..ownership import is_our_account
from ..steps import Step
from .answers import Answer, Refusal

BOOTSTRAP = "scripts/bootstrap.sh --project {project}"


@dataclass(frozen=True, kw_only=True)
class Context:
    """What is here: `desired`, and by name `agents`, `runtimes`, `rewrites` (a path to each function), `fingerprints`.

    What is there: `answers` by the name of the reading; `steps` are what a bootstrap would do, `unread` what of that
    could not be read, by group of gcloud commands; `alerts` are those of infra/
    that are there; `strangers` what stands under our names and is somebody else's.
    `foreign` is what others were given on things of ours.
    `preflight`: asked by a bootstrap, which mends what it can.
    """

    desired: Desired
    agents: Mapping[str, Agent]
    runtimes: Mapping[str, str]
    rewrites: Mapping[str, str]
    fingerprints: Mapping[str, str]
    today: date
    answers: Mapping[str, Answer] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    unread: Mapping[str, Answer] = field(default_factory=dict)
    alerts: Sequence[Mapping[str, Any]] = ()
    strangers: Sequence[Finding] = ()
    foreign: Sequence[Binding] = ()
    preflight: bool = False
    default_credentials: Flaw | None = None
    configurations: Configurations = field(default_factory=Configurations)

    def of(self, reading: str) -> Answer:
        return self.answers.get(reading, Answer(refusal=Refusal.NOT_ASKED))

    @property
    def project_id(self) -> str:
        return self.desired.names.project_id

    @property
    def bootstrap(self) -> str:
        return BOOTSTRAP.format(project=self.project_id)

    @property
    def begun(self) -> bool:
        """Whether a bootstrap has been here: from then on, what is missing is missing."""
        accounts, names = self.of("accounts"), self.desired.names
        if accounts.refusal is Refusal.DENIED:
            return bool(names.project_number)  # it was confirmed
        ours = {account["email"] for account in accounts.value or [] if is_our_account(account)}
        return bool(ours & {names.email(account) for account in self.desired.accounts})

    def console(self, page: str) -> str:
        return f"https://console.cloud.google.com/{page}?project={self.project_id}"

    def missing(self, finding_id: str, what: str, fix: str = "") -> Finding:
        """Something that a bootstrap makes, and that is not there."""
        if self.begun and not self.preflight:
            return Finding(finding_id, "problem", f"{what}: missing", fix=fix or self.bootstrap)
        return Finding(finding_id, "pending", f"{what}: not there yet", "scripts/bootstrap.sh makes it", self.bootstrap)

    def unasked(self, finding_id: str, what: str, answer: Answer, role: str = "roles/viewer") -> Finding:
        """Something that could not be looked at. `role` is one that may."""
        title = f"{what}: not checked"
        match answer.refusal:
            case Refusal.API_OFF | Refusal.NOT_ASKED:
                return Finding(
                    finding_id,
                    "pending",
                    title,
                    "Google answers this once the bootstrap has turned on its API",
                    self.bootstrap,
                )
            case Refusal.DENIED:
                fix = self.grant(role)
            case Refusal.NOT_OURS:
                fix = f"{self.bootstrap} --dry-run says what to do about it"
            case Refusal.SIGNED_OUT:
                fix = "gcloud auth login"
            case Refusal.BILLING_OFF:
                fix = f"gcloud billing projects link {self.project_id} --billing-account=ACCOUNT_ID"
            case Refusal.PERIMETER:
                fix = look_up("VPC Service Controls", self.project_id).fix
            case Refusal.NO_ANSWER:
                fix = "Try again in a moment: scripts/doctor.sh"
            case _:
                fix = "The words in brackets are Google's own: mend what they name"
        return Finding(finding_id, "unknown", title, reason(answer), fix)

    def shut_out(self, finding_id: str, what: str, answer: Answer) -> Finding:
        """A problem that no role and no repetition helps."""
        failure = look_up("VPC Service Controls", self.project_id)
        return Finding(finding_id, "problem", f"{failure.cause[0].upper()}{failure.cause[1:]}", reason_of(what, answer),
                       failure.fix)  # fmt: skip

    def grant(self, role: str, member: str = "user:YOU@EXAMPLE.COM") -> str:
        """For somebody who may: the project's owner."""
        return f"gcloud projects add-iam-policy-binding {self.project_id} --member={member} --role={role}"


def reason_of(what: str, answer: Answer) -> str:
    return f"{what}: {answer.said}" if answer.said else what


def reason(answer: Answer) -> str:
    said = f" ({answer.said})" if answer.said else ""
    return f"{answer.refusal}{said}"


def ok(finding_id: str, title: str, detail: str = "") -> Finding:
    return Finding(finding_id, "ok", title, detail)
