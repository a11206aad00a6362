"""What a project is now: lists, and the policies of what is ours; only reads, many at a time."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from common.hosting_site import API as HOSTING
from common.hosting_site import default_site, site_id, sites_url
from requests import RequestException
from voicemint.invites import INVITED_PREFIX, REDEEMED_PREFIX

from .configuration import Configurations
from .desired import Desired, Grant, Resource
from .doctor.rest import Rest
from .failures import Failure
from .gcloud import Gcloud, GcloudFailed
from .http import Signed
from .retry import Backoff, FreshRoles, Refused, patiently

Json = Mapping[str, Any]
READ_AGAIN = 2  # times, where a role may be a moment old
READERS = 8
REST_SECONDS = 60
FIREBASE = "https://firebase.googleapis.com/v1beta1"
LIVE_RELEASE = "channels/live/releases?pageSize=1"
INVOKER_UNCHECKED = "run.googleapis.com/invoker-iam-disabled"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The project as Google knows it. `billing_account` is empty where billing is off, None where we may not see."""

    number: str
    name: str
    state: str
    billing_account: str | None
    billing_account_name: str = ""


@dataclass(frozen=True, kw_only=True)
class Reality:
    """Every mapping is by the short name of the thing."""

    identity: Identity
    configurations: Configurations = field(default_factory=Configurations)
    active_account: str = ""  # who is signed in where the owner's shell is
    services: frozenset[str] = frozenset()
    accounts: Mapping[str, Json] = field(default_factory=dict)
    buckets: Mapping[str, Json] = field(default_factory=dict)
    control_objects: frozenset[str] = frozenset()
    repositories: Mapping[str, Json] = field(default_factory=dict)
    secrets: Mapping[str, Json] = field(default_factory=dict)
    versions: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    queues: Mapping[str, Json] = field(default_factory=dict)
    run_services: Mapping[str, Json] = field(default_factory=dict)
    policies: Mapping[Resource, frozenset[Grant]] = field(default_factory=dict)
    firebase: bool = False
    sites: Mapping[str, Json] = field(default_factory=dict)
    pages: Mapping[str, Json] = field(default_factory=dict)  # the live release of each site that shows something
    functions: Mapping[str, Json] = field(default_factory=dict)
    triggers: tuple[Json, ...] = ()
    unread: tuple[str, ...] = ()  # what a tolerant reader was refused
    budgets: tuple[Json, ...] | None = ()
    dashboards: tuple[Json, ...] = ()
    alerts: tuple[Json, ...] = ()
    channels: tuple[Json, ...] = ()  # read where ALERT_EMAIL asks for one, and for a teardown

    @property
    def open_services(self) -> frozenset[str]:
        """Services that anybody may invoke without a binding: --no-invoker-iam-check."""
        return frozenset(
            name
            for name, service in self.run_services.items()
            if str(service["metadata"].get("annotations", {}).get(INVOKER_UNCHECKED)).lower() == "true"
        )

    @property
    def configuration(self) -> Json | None:
        """gcloud's own, of this project."""
        return self.configurations.pinned

    @property
    def default_site(self) -> str:
        return default_site(self.sites.values())

    @property
    def guests(self) -> bool:
        return any(name.startswith((INVITED_PREFIX, REDEEMED_PREFIX)) for name in self.control_objects)


class Reader:
    """Asks gcloud, several questions at a time, each as patiently as a writing step."""

    def __init__(self, gcloud: Gcloud, desired: Desired, backoff: Backoff, *, for_teardown: bool = False) -> None:
        """A reader for a teardown asks for more, and does without what it is refused: billing may be off."""
        self._gcloud = gcloud
        self._for_teardown = for_teardown
        self._unread: list[str] = []
        self._desired = desired
        self._backoff = backoff
        self._fresh = FreshRoles(backoff, READ_AGAIN)
        self._pool = ThreadPoolExecutor(READERS)
        self._signed: Future[Signed]
        self._services: frozenset[str] = frozenset()

    def read(self) -> Reality:
        """Raises Refused, and CommandFailed for a project that is not there."""
        try:
            return self._read()
        finally:
            self._pool.shutdown(cancel_futures=True)

    def identity(self) -> Identity:
        """Which project it is and who pays; the name of the billing account, where it may be seen."""
        project = self._pool.submit(self._ask, "projects", "describe", self._project_id)
        billing = self._pool.submit(self._optional, "billing", "projects", "describe", self._project_id)
        return _identity(project.result(), billing.result())

    @property
    def _project_id(self) -> str:
        return self._desired.names.project_id

    def _read(self) -> Reality:
        self._signed = self._pool.submit(self._patiently, lambda: Signed.by(self._gcloud))
        configurations = self._pool.submit(self._configurations)
        services = self._pool.submit(self._ask, "services", "list", "--enabled")
        identity = self.identity()
        self._services = frozenset(service["config"]["name"] for service in services.result())
        lists = {name: self._pool.submit(read) for name, read in self._lists(identity).items()}
        found = {name: future.result() for name, future in lists.items()}
        policies = {resource: self._pool.submit(self._policy, resource) for resource in self._existing(found)}
        versions = {
            name: self._pool.submit(self._versions, name) for name in self._desired.secrets if name in found["secrets"]
        }
        objects = self._pool.submit(self._control_objects, found["buckets"])
        return Reality(
            unread=tuple(self._unread),
            identity=identity,
            configurations=configurations.result(),
            active_account=self._active_account(configurations.result()),
            services=self._services,
            policies=_results(policies),
            versions=_results(versions),
            control_objects=objects.result(),
            **found,
        )

    def _lists(self, identity: Identity) -> Mapping[str, Callable[[], Any]]:
        region = self._desired.names.region
        return {
            "accounts": lambda: self._by_name("iam", "iam", "service-accounts", "list", key="email"),
            "buckets": lambda: self._by_name("storage", "storage", "buckets", "list", "--raw", key="name"),
            "repositories": lambda: self._by_name(
                "artifactregistry", "artifacts", "repositories", "list", f"--location={region}", key="name"
            ),
            "secrets": lambda: self._by_name("secretmanager", "secrets", "list", key="name"),
            "queues": lambda: self._by_name(
                "cloudtasks", "tasks", "queues", "list", f"--location={region}", key="name"
            ),
            "run_services": lambda: self._by_name(
                "run", "run", "services", "list", f"--region={region}", key="metadata.name"
            ),
            "dashboards": lambda: tuple(self._list("monitoring", "monitoring", "dashboards", "list")),
            "alerts": lambda: tuple(self._list("monitoring", "alpha", "monitoring", "policies", "list")),
            "budgets": lambda: self._budgets(identity),
            "firebase": self._is_firebase,
            "sites": self._sites,
            "pages": self._pages,
            **(self._channels() if self._for_teardown or self._desired.names.alert_email else {}),
            "functions": lambda: self._by_name(
                "cloudfunctions", "functions", "list", "--v2", f"--regions={region}", key="name"
            ),
            "triggers": lambda: tuple(self._list("cloudbuild", "builds", "triggers", "list", f"--region={region}")),
        }

    def _channels(self) -> Mapping[str, Callable[[], Any]]:
        return {"channels": lambda: tuple(self._list("monitoring", "alpha", "monitoring", "channels", "list"))}

    def _existing(self, found: Mapping[str, Any]) -> Iterable[Resource]:
        """What of ours is there, so that its policy can be asked for."""
        names = self._desired.names
        there = {
            "project": {""},
            "account": {email.partition("@")[0] for email in found["accounts"] if email.endswith(names.email("")[1:])},
            "bucket": set(found["buckets"]),
            "repository": set(found["repositories"]),
            "secret": set(found["secrets"]),
            "queue": set(found["queues"]),
            "service": set(found["run_services"]),
        }
        return [resource for resource in self._desired.resources if resource.name in there[resource.kind]]

    def _policy(self, resource: Resource) -> frozenset[Grant]:
        """Not by gcloud: there are too many for a process each."""
        rest = Rest(self._desired.names, self._signed.result().token)
        asked = partial(patiently, partial(_policy, rest, resource), self._project_id, self._backoff)
        return grants_of(self._tolerantly(f"who may do what with {resource}", asked) or {})

    def _versions(self, secret: str) -> tuple[Json, ...]:
        """Newest first."""
        listed = self._tolerantly(f"versions of {secret}", lambda: self._ask("secrets", "versions", "list", secret))
        return tuple(listed or ())

    def _control_objects(self, buckets: Mapping[str, Json]) -> frozenset[str]:
        """Names at the top of the control bucket: objects, and prefixes with a slash at their end."""
        bucket = self._desired.names.control_bucket
        if bucket not in buckets:
            return frozenset()
        listed = self._tolerantly(
            bucket, lambda: self._patiently(lambda: self._gcloud.text("storage", "ls", f"gs://{bucket}/"))
        )
        return frozenset(line.removeprefix(f"gs://{bucket}/") for line in (listed or "").split())

    def _budgets(self, identity: Identity) -> tuple[Json, ...] | None:
        """None where the billing account's budgets are not ours to see. It keeps them when billing is turned off."""
        account = identity.billing_account or (self._desired.names.billing_account if self._for_teardown else "")
        if not account or not self._is_on("billingbudgets"):
            return ()
        listed = self._optional("billing", "budgets", "list", f"--billing-account={account}")
        return None if listed is None else tuple(listed)

    def _is_firebase(self) -> bool:
        return self._is_on("firebase") and self._request(f"{FIREBASE}/projects/{self._project_id}") is not None

    def _sites(self) -> Mapping[str, Json]:
        if not self._is_on("firebasehosting"):
            return {}
        listed = self._request(sites_url(self._project_id)) or {}
        return {site_id(site): site for site in listed.get("sites", [])}

    def _pages(self) -> Mapping[str, Json]:
        """A disabled site's last release says that it is."""
        found = {site: self._request(f"{HOSTING}/projects/-/sites/{site}/{LIVE_RELEASE}") for site in self._sites()}
        last = {site: next(iter((listed or {}).get("releases", [])), None) for site, listed in found.items()}
        return {site: release for site, release in last.items() if release and release.get("type") != "SITE_DISABLE"}

    def _request(self, url: str) -> Any:
        """None for what is not there, which Firebase says in two ways."""
        answered = self._tolerantly(url, lambda: self._patiently(lambda: self._signed.result().request("GET", url)))
        return answered.body if answered and answered.status == 200 else None

    def _configurations(self) -> Configurations:
        listed = self._ask("config", "configurations", "list", "--format=json(name,is_active,properties)") or []
        pinned = next((item for item in listed if item["name"] == self._gcloud.pinned().configuration), None)
        return Configurations(pinned, next((item for item in listed if item["is_active"]), None))

    def _active_account(self, configurations: Configurations) -> str:
        active = configurations.active
        said = active["properties"]["core"]["account"] if active else None
        return self._gcloud.environ.get("CLOUDSDK_CORE_ACCOUNT") or said or ""

    def _by_name(self, service: str, *arguments: str, key: str) -> Mapping[str, Json]:
        outer, _, inner = key.partition(".")
        listed = self._list(service, *arguments)
        return {str(item[outer][inner] if inner else item[outer]).rpartition("/")[2]: item for item in listed}

    def _list(self, service: str, *arguments: str) -> list[Json]:
        return (
            self._tolerantly(" ".join(arguments), lambda: self._ask(*arguments)) or [] if self._is_on(service) else []
        )

    def _tolerantly(self, what: str, ask: Callable[[], Any]) -> Any:
        """None for what a teardown was refused: it takes away the rest."""
        try:
            return ask()
        except Refused as refused:
            if not self._for_teardown:
                raise
            self._unread.append(f"{what} ({refused.failure.cause})")
            return None

    def _is_on(self, service: str) -> bool:
        return f"{service}.googleapis.com" in self._services

    def _optional(self, *arguments: str) -> Any:
        """None for what this account may not see."""
        try:
            return self._patiently(lambda: self._gcloud.read(*arguments))
        except Refused as refused:
            if refused.failure.id == "no-permission" or self._for_teardown:
                return None
            raise

    def _ask(self, *arguments: str) -> Any:
        fresh = None if self._for_teardown else self._fresh
        return self._patiently(lambda: self._gcloud.read(*arguments), fresh)

    def _patiently(self, ask: Callable[[], Any], fresh: FreshRoles | None = None) -> Any:
        answer = patiently(ask, self._project_id, self._backoff, fresh=fresh)
        return None if isinstance(answer, Failure) else answer


def _identity(project: Json, billing: Json | None) -> Identity:
    account = None if billing is None else billing.get("billingAccountName", "").removeprefix("billingAccounts/")
    return Identity(
        number=str(project["projectNumber"]),
        name=project.get("name", ""),
        state=project.get("lifecycleState", ""),
        billing_account=account if billing is None or billing.get("billingEnabled") else "",
    )


def grants_of(policy: Json) -> frozenset[Grant]:
    """A policy as Google answers it, one grant a member."""
    return frozenset(
        Grant(member, binding["role"], condition.get("expression", ""), condition.get("title", ""))
        for binding in policy.get("bindings", [])
        for condition in (binding.get("condition", {}),)
        for member in binding["members"]
    )


def _policy(rest: Rest, resource: Resource) -> Any:
    try:
        return rest.policy(resource, REST_SECONDS)
    except RequestException as error:
        raise GcloudFailed(f"policy of {resource}", f"ERROR: UNAVAILABLE: {type(error).__name__}") from None


def _results(futures: Mapping[Any, Future[Any]]) -> dict[Any, Any]:
    return {key: future.result() for key, future in futures.items()}
