"""Service accounts, and whether a policy may name them."""

import random
import re
from dataclasses import dataclass, field
from typing import Any

from standins.google.control_plane.state.projects import Project
from standins.google.errors import GoogleError

DOMAIN = ".iam.gserviceaccount.com"
# Accounts that Google makes for itself: they are there whenever somebody looks.
OF_GOOGLE = re.compile(r"(service-\d+@.*|\d+-compute@developer|\d+@cloudbuild|\d+@cloudservices|[a-z0-9-]+@appspot)")


@dataclass
class Account:
    """One service account. `unseen`: how many policies that name it are still refused."""

    project_id: str
    email: str
    fields: dict[str, Any]
    unseen: int = 0
    disabled: bool = False
    unique_id: str = field(default_factory=lambda: str(random.randrange(10**20, 2 * 10**20)))
    generation: int = 1

    @property
    def name(self) -> str:
        return f"projects/{self.project_id}/serviceAccounts/{self.email}"


class Accounts(dict[str, Account]):
    """By e-mail address."""

    def create(self, project: Project, account_id: str, fields: dict[str, Any], unseen: int) -> Account:
        if not re.fullmatch(r"[a-z](?:[-a-z0-9]{4,28}[a-z0-9])", account_id):
            raise GoogleError(
                "INVALID_ARGUMENT",
                f"The account ID {account_id!r} is invalid: 6 to 30 lower-case letters, digits and hyphens.",
            )
        email = f"{account_id}@{project.project_id}{DOMAIN}"
        if email in self:
            name = f"projects/{project.project_id}/serviceAccounts/{email}"
            raise GoogleError(
                "ALREADY_EXISTS", f"Service account {account_id} already exists within project {name.split('/s')[0]}."
            )
        self[email] = Account(project.project_id, email, fields, unseen)
        return self[email]

    def find(self, email_or_id: str) -> Account:
        for account in self.values():
            if email_or_id in (account.email, account.unique_id):
                return account
        raise GoogleError("NOT_FOUND", f"Unknown service account: {email_or_id}")

    def check_member(self, email: str) -> None:
        """Refuse an account that is not there, or not yet seen everywhere."""
        if OF_GOOGLE.match(email):
            return
        account = self.get(email)
        if account is None or account.unseen > 0:
            if account is not None:
                account.unseen -= 1
            raise GoogleError("INVALID_ARGUMENT", f"Service account {email} does not exist.")
