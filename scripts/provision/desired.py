"""infra/ as values: what a project should be. Reads files, asks nobody."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from common import marks
from common.console import CommandFailed
from common.names import Names
from common.secret_names import OPENAI_API_KEY, SIGNING_KEY

LABEL, LABEL_VALUE = marks.LABEL, marks.LABEL_VALUE
MARK = f"{LABEL}={LABEL_VALUE}"
ACCOUNT_DESCRIPTION = "Voicemint, made by scripts/bootstrap.sh"  # accounts have no labels
REPOSITORY = "voicemint"
SECRETS = (OPENAI_API_KEY, SIGNING_KEY)  # what every project has; functions may mount more
BUCKET_CONDITION_TITLE = "buckets-by-name"  # its title
EVERYBODY = ("allUsers", "allAuthenticatedUsers")
SOFT_DELETE_SECONDS = 7 * 24 * 3600  # what the owner deletes by mistake can be had back for a week
KINDS = ("account", "bucket", "repository", "secret", "service", "queue")


class Resource(NamedTuple):
    """Where a policy hangs: kind `project` has no name, an account's is its id, every other its own."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}" if self.name else self.kind


class Grant(NamedTuple):
    """One role of one member, as Google writes members; `condition` is a CEL expression, or empty, `title` its name."""

    member: str
    role: str
    condition: str = ""
    title: str = ""


class Binding(NamedTuple):
    grant: Grant
    resource: Resource


@dataclass(frozen=True)
class Bucket:
    """`lifecycle_file` from the root of the repository.

    `overwritten`: objects in it are written again, as the stop switch is.
    """

    name: str
    lifecycle_file: str
    lifecycle: Mapping[str, Any]
    overwritten: bool = False


@dataclass(frozen=True)
class Queue:
    """`fields` are its settings as Cloud Tasks answers them: ("retryConfig", "maxAttempts") to a value."""

    name: str
    file: str
    fields: Mapping[tuple[str, str], Any]


@dataclass(frozen=True)
class Document:
    """A JSON file of infra/monitoring/."""

    file: str
    content: Mapping[str, Any]

    @property
    def display_name(self) -> str:
        return str(self.content["displayName"])

    @property
    def stem(self) -> str:
        return Path(self.file).stem


@dataclass(frozen=True)
class Budget:
    """`thresholds` are (share of the amount, basis as Google writes it)."""

    file: str
    display_name: str
    amount: str
    period: str
    thresholds: frozenset[tuple[float, str]]
    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Desired:
    names: Names
    services: tuple[str, ...]
    functions: tuple[str, ...]
    accounts: tuple[str, ...]
    bindings: tuple[Binding, ...]
    buckets: tuple[Bucket, ...]
    queues: tuple[Queue, ...]
    budget: Budget
    dashboard: Document
    alerts: tuple[Document, ...]
    secrets: tuple[str, ...] = SECRETS
    foreign: frozenset[str] = frozenset()  # KIND/NAME of what stands under one of these names and is not ours

    def without(self, foreign: frozenset[str]) -> "Desired":
        """What may be done to a project in which these are somebody else's: nothing about them."""

        def kept(kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(name for name in names if f"{kind}/{name}" not in foreign)

        functions = kept("service", kept("function", self.functions))
        closed = foreign | {f"service/{name}" for name in self.functions if name not in functions}
        members = {f"serviceAccount:{self.names.email(name)}" for name in self.accounts if f"account/{name}" in foreign}
        return replace(
            self,
            foreign=foreign,
            functions=functions,
            accounts=kept("account", self.accounts),
            secrets=kept("secret", self.secrets),
            bindings=tuple(
                binding
                for binding in self.bindings
                if str(binding.resource) not in closed and binding.grant.member not in members
            ),
            buckets=tuple(bucket for bucket in self.buckets if f"bucket/{bucket.name}" not in foreign),
            queues=tuple(queue for queue in self.queues if f"queue/{queue.name}" not in foreign),
            alerts=tuple(alert for alert in self.alerts if f"alert/{alert.stem}" not in foreign),
        )

    def at_site(self, default_site: str) -> "Desired":
        """With what Google says of the default site, where no other one was said."""
        return replace(self, names=self.names.with_default_site(default_site))

    @cached_property
    def members(self) -> frozenset[str]:
        """Whose bindings are ours to compare."""
        return frozenset(f"serviceAccount:{self.names.email(account)}" for account in self.accounts)

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """Everything whose policy is read: where a binding is wanted, and what is ours."""
        ours = [
            Resource("project"),
            *(Resource("account", account) for account in self.accounts),
            *(Resource("bucket", bucket.name) for bucket in self.buckets),
            Resource("repository", REPOSITORY),
            *(Resource("secret", secret) for secret in self.secrets),
            *(Resource("queue", queue.name) for queue in self.queues),
            *(Resource("service", function) for function in self.functions),
        ]
        everything = dict.fromkeys([*ours, *(binding.resource for binding in self.bindings)])
        return tuple(resource for resource in everything if str(resource) not in self.foreign)


def read_desired(root: Path, names: Names) -> Desired:
    """Raises CommandFailed for a file that is not what it should be."""
    infra = root / "infra"
    functions = tuple(sorted(file.stem for file in (infra / "functions").glob("*.yaml")))
    bindings = tuple(_binding(line, names) for line in said(infra / "iam.txt"))
    named = {binding.resource.name for binding in bindings if binding.resource.kind == "account"}
    secrets = {binding.resource.name for binding in bindings if binding.resource.kind == "secret"}
    members = {line.split()[0] for line in said(infra / "iam.txt")} - set(EVERYBODY)
    return Desired(
        names=names,
        services=tuple(said(infra / "services.txt")),
        functions=functions,
        accounts=tuple(sorted(members | named | set(functions))),
        bindings=bindings,
        buckets=_buckets(infra, names),
        queues=tuple(_queue(file) for file in sorted((infra / "queues").glob("*.yaml"))),
        budget=_budget(infra / "budget.yaml"),
        dashboard=_document(infra / "monitoring" / "dashboard.json"),
        secrets=tuple(sorted(secrets | set(SECRETS))),
        alerts=tuple(_document(file) for file in sorted((infra / "monitoring" / "alerts").glob("*.json"))),
    )


def said(file: Path) -> list[str]:
    """The lines of a list that say something: no comment, not empty."""
    lines = (line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def _binding(line: str, names: Names) -> Binding:
    words = line.split()
    if len(words) != 3:
        raise CommandFailed(
            happened=f"A line of infra/iam.txt is not member, role, resource: {line}", todo="Correct infra/iam.txt."
        )
    member, role, resource = words
    kind, _, name = resource.partition("/")
    if kind not in ("project", *KINDS) or bool(name) != (kind != "project"):
        raise CommandFailed(
            happened=f"infra/iam.txt names the resource {resource!r}, which is neither project nor, with /NAME, one "
            f"of: {', '.join(KINDS)}",
            todo="Correct infra/iam.txt.",
        )
    who = member if member in EVERYBODY else f"serviceAccount:{names.email(member)}"
    if kind == "bucket" and name.endswith("*"):
        return Binding(
            Grant(who, role, _starts_with(name.removesuffix("*")), BUCKET_CONDITION_TITLE), Resource("project")
        )
    if kind == "bucket":
        name = {"control": names.control_bucket, "payloads": names.bucket}.get(name, name)
    return Binding(Grant(who, role), Resource(kind, name))


def _starts_with(prefix: str) -> str:
    return f"resource.name.startsWith('projects/_/buckets/{prefix}')"


def _buckets(infra: Path, names: Names) -> tuple[Bucket, ...]:
    return (
        _bucket(infra / "control-lifecycle.json", names.control_bucket, overwritten=True),
        _bucket(infra / "bucket-lifecycle.json", names.bucket),
    )


def _bucket(file: Path, name: str, *, overwritten: bool = False) -> Bucket:
    return Bucket(name, f"infra/{file.name}", json.loads(file.read_text(encoding="utf-8")), overwritten=overwritten)


def _document(file: Path) -> Document:
    content = json.loads(file.read_text(encoding="utf-8"))
    return Document(str(file.relative_to(file.parents[file.parts[::-1].index("infra")])), content)


# A flag of `gcloud tasks queues` and the field of Cloud Tasks' answer that it sets.
_QUEUE_FIELDS: Mapping[str, tuple[str, str]] = {
    "--max-attempts": ("retryConfig", "maxAttempts"),
    "--max-retry-duration": ("retryConfig", "maxRetryDuration"),
    "--min-backoff": ("retryConfig", "minBackoff"),
    "--max-backoff": ("retryConfig", "maxBackoff"),
    "--max-doublings": ("retryConfig", "maxDoublings"),
    "--max-concurrent-dispatches": ("rateLimits", "maxConcurrentDispatches"),
    "--max-dispatches-per-second": ("rateLimits", "maxDispatchesPerSecond"),
    "--log-sampling-ratio": ("stackdriverLoggingConfig", "samplingRatio"),
}


def _queue(file: Path) -> Queue:
    flags = yaml.safe_load(file.read_text(encoding="utf-8"))
    unknown = sorted(set(flags) - set(_QUEUE_FIELDS))
    if unknown:
        raise CommandFailed(
            happened=f"{file.name} has unknown flags: {', '.join(unknown)}. Known are: {', '.join(_QUEUE_FIELDS)}",
            todo=f"Correct infra/queues/{file.name}, or teach scripts/provision/desired.py the field.",
        )
    fields = {_QUEUE_FIELDS[flag]: value for flag, value in flags.items()}
    return Queue(file.stem, f"infra/queues/{file.name}", fields)


def _budget(file: Path) -> Budget:
    """A list of one-flag maps, because a map cannot say --threshold-rule twice."""
    flags = [
        (name, str(value)) for item in yaml.safe_load(file.read_text(encoding="utf-8")) for name, value in item.items()
    ]
    one = dict(flags)
    rules = tuple(value for name, value in flags if name == "--threshold-rule")
    return Budget(
        file=f"infra/{file.name}",
        display_name=one["--display-name"],
        amount=one["--budget-amount"],
        period=one["--calendar-period"].upper(),
        thresholds=frozenset(_threshold(rule) for rule in rules),
        rules=rules,
    )


def _threshold(rule: str) -> tuple[float, str]:
    said_of_it = dict(part.split("=", 1) for part in rule.split(","))
    basis = said_of_it.get("basis", "current-spend").replace("-", "_").upper()
    return float(said_of_it["percent"]), basis
