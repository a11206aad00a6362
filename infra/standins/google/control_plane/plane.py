"""All of this Google: its state, its rules, what it was asked, and how it is served."""

import re
import shutil
import tempfile
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from standins.google.control_plane.accounts import Accounts
from standins.google.control_plane.apis import APIS
from standins.google.control_plane.cloudbilling import BillingAccount, BillingAccounts
from standins.google.control_plane.faults import Faults
from standins.google.control_plane.operations import Operations
from standins.google.control_plane.policies import Policies
from standins.google.control_plane.projects import Project, Projects
from standins.google.control_plane.proxy import Proxy
from standins.google.control_plane.request_log import RequestLog
from standins.google.control_plane.rules import Rules
from standins.google.control_plane.service import create_app

Part = TypeVar("Part")
VERSION = re.compile(r"^/(storage/)?v\d+\w*/")


@dataclass(frozen=True)
class Snapshot:
    """All state at one moment: the parts, and what lies in the buckets."""

    parts: dict[type, Any]
    files: dict[str, bytes]


class ControlPlane:
    """See the package's docstring."""

    def __init__(self) -> None:
        self.log = RequestLog()
        self.faults = Faults()
        self.unknown: list[str] = []
        self.foreign: list[str] = []
        self.pass_through: dict[str, str] = {}
        self.bucket_folder = Path(tempfile.mkdtemp(prefix="voicemint-google-"))
        self.proxy: Proxy  # while it is served: where functions that run find it
        self._parts: dict[type, Any] = {}
        weakref.finalize(self, shutil.rmtree, self.bucket_folder, ignore_errors=True)

    def part(self, kind: type[Part]) -> Part:
        """The state of one API: an object of class `kind`, made when it is first asked for. Never keep a reference."""
        if kind not in self._parts:
            self._parts[kind] = kind()
        found: Part = self._parts[kind]
        return found

    @property
    def projects(self) -> Projects:
        return self.part(Projects)

    @property
    def accounts(self) -> Accounts:
        return self.part(Accounts)

    @property
    def policies(self) -> Policies:
        return self.part(Policies)

    @property
    def operations(self) -> Operations:
        return self.part(Operations)

    @property
    def rules(self) -> Rules:
        return self.part(Rules)

    def add_project(
        self, project_id: str, *, number: str, billing_account: str | None, account: str = "owner@example.com"
    ) -> Project:
        """A new project, as empty as Google makes it, that `account` owns. No billing account: billing is off."""
        project = Project(project_id, number, billing_account, account, name=project_id)
        self.projects[project_id] = project
        if billing_account is not None:
            self.part(BillingAccounts)[billing_account] = BillingAccount(billing_account, "The owner's")
        self.policies.grant(project.resource, "roles/owner", f"user:{account}")
        return project

    def project(self, id_or_number: str) -> Project:
        """Raises PERMISSION_DENIED for one that is not there, as Google does."""
        return self.projects.find(id_or_number)

    @property
    def services(self) -> frozenset[str]:
        """The services that this Google has."""
        return frozenset(api.service for api in APIS)

    def resource_name(self, path: str) -> str:
        """As policies are kept by it: of /v1/projects/123/secrets/x it is projects/some-project/secrets/x."""
        parts = VERSION.sub("", path, count=1).split("/")
        if parts[0] == "projects" and len(parts) > 1 and parts[1] != "-":
            parts[1] = self.project(parts[1]).project_id
        return "/".join(parts)

    def knows(self, host: str) -> bool:
        """Whether requests to this host are answered here."""
        return host in self.pass_through or any(fnmatchcase(host, known) for api in APIS for known in api.hosts)

    def snapshot(self) -> Snapshot:
        files = {
            str(path.relative_to(self.bucket_folder)): path.read_bytes()
            for path in self.bucket_folder.rglob("*")
            if path.is_file()
        }
        return Snapshot(deepcopy(self._parts), files)

    def restore(self, snapshot: Snapshot) -> None:
        """Put the state back; the log, the faults and the lists of what was refused start anew."""
        self._parts = deepcopy(snapshot.parts)
        for path in self.bucket_folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name, content in snapshot.files.items():
            (self.bucket_folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.bucket_folder / name).write_bytes(content)
        self.log.clear()
        self.faults.clear()
        self.unknown.clear()
        self.foreign.clear()

    @asynccontextmanager
    async def serving(self, folder: Path) -> AsyncIterator[Proxy]:
        """Serve until the block ends. `folder`: the CA, a HOME, gcloud's configuration and the made-up token."""
        account = next((project.account for project in self.projects.values()), "owner@example.com")
        async with Proxy.running(self, create_app(self), folder, account) as self.proxy:
            yield self.proxy
