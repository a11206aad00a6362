"""The state of this Google: all that the APIs read and change, and what happened to it. It knows nothing of serving."""

import re
import shutil
import tempfile
import weakref
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from standins.google.control_plane.state.accounts import Accounts
from standins.google.control_plane.state.billing_accounts import BillingAccount, BillingAccounts
from standins.google.control_plane.state.faults import Faults
from standins.google.control_plane.state.operations import Operations
from standins.google.control_plane.state.policies import Policies
from standins.google.control_plane.state.projects import Project, Projects
from standins.google.control_plane.state.request_log import RequestLog
from standins.google.control_plane.state.rules import Rules
from standins.values import Json

Part = TypeVar("Part")
VERSION = re.compile(r"^/(storage/)?v\d+\w*/")


@dataclass(frozen=True)
class Snapshot:
    """The state at one moment: the parts, and what lies in the buckets."""

    parts: dict[type, Any]
    files: dict[str, bytes]


class State:
    """`unknown`: routes that no API has. `foreign`: hosts that were refused. Nothing here is thread-safe."""

    def __init__(self) -> None:
        self.log = RequestLog()
        self.faults = Faults()
        self.unknown: list[str] = []
        self.foreign: list[str] = []
        self.bucket_folder = Path(tempfile.mkdtemp(prefix="voicemint-google-"))
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

    def resource_name(self, path: str) -> str:
        """As policies are kept by it: of /v1/projects/123/secrets/x it is projects/some-project/secrets/x."""
        parts = VERSION.sub("", path, count=1).split("/")
        if parts[0] == "projects" and len(parts) > 1 and parts[1] != "-":
            parts[1] = self.project(parts[1]).project_id
        return "/".join(parts)

    def write_policy(self, resource: str, given: Any) -> Json:
        """Replace the policy of `resource` by `given` and return it. Raises GoogleError."""
        return self.policies.write(resource, given, self.accounts, self.rules)

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
