"""Reads what a project is: gcloud says who is signed in, Google's REST APIs say all else, many questions at a time."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from common.failures import Failure
from common.gcloud import Gcloud, GcloudFailed
from common.google_api import Signed
from common.hosting_site import API as HOSTING
from common.hosting_site import site_id, sites_url
from common.retry import Backoff, FreshRoles, Refused, patiently
from requests import RequestException

from .configuration import Configurations
from .desired import Desired, Grant, Resource
from .doctor.rest import Rest
from .lists import Listing, Question, billing_of, budgets, channels, listings, objects, project, services, versions
from .reality import FIREBASE, Identity, Json, Reality, grants_of

READ_AGAIN = 2  # times, where a role may be a moment old
READERS = 8
CONFIGURATIONS = ("config", "configurations", "list", "--format=json(name,is_active,properties)")
REST_SECONDS = 60
LIVE_RELEASE = "channels/live/releases?pageSize=1"
# The field with the name of each thing. What has no name here stays a list.
NAMED_BY = {
    "accounts": "email",
    "buckets": "name",
    "repositories": "name",
    "secrets": "name",
    "queues": "name",
    "run_services": "metadata.name",
    "functions": "name",
}


class Reader:
    """Asks several questions at a time, each as patiently as a writing step."""

    def __init__(self, gcloud: Gcloud, desired: Desired, backoff: Backoff, *, for_teardown: bool = False) -> None:
        """A reader for a teardown asks for more, and does without what it is refused: billing may be off."""
        self._gcloud = gcloud
        self._for_teardown = for_teardown
        self._unread: list[str] = []
        self._desired = desired
        self._backoff = backoff
        self._fresh = FreshRoles(backoff, READ_AGAIN)
        self._pool = ThreadPoolExecutor(READERS)
        self._signed: Signed
        self._services: frozenset[str] = frozenset()

    def read(self) -> Reality:
        """Raises Refused, and CommandFailed for a project that is not there."""
        try:
            return self._read()
        finally:
            self._pool.shutdown(cancel_futures=True)

    @property
    def _project_id(self) -> str:
        return self._desired.names.project_id

    def _read(self) -> Reality:
        configurations = self._pool.submit(self._configurations)
        self._signed = self._sign_in()
        on = self._pool.submit(self._ask, services(self._project_id))
        identity = self._identity()
        self._services = frozenset(service["config"]["name"] for service in on.result())
        lists = {name: self._pool.submit(read) for name, read in self._lists(identity).items()}
        found = _results(lists)
        policies = {resource: self._pool.submit(self._policy, resource) for resource in self._existing(found)}
        of_secrets = {
            name: self._pool.submit(self._versions, name) for name in self._desired.secrets if name in found["secrets"]
        }
        in_control = self._pool.submit(self._control_objects, found["buckets"])
        return Reality(
            identity=identity,
            configurations=configurations.result(),
            active_account=self._active_account(configurations.result()),
            services=self._services,
            policies=_results(policies),
            versions=_results(of_secrets),
            control_objects=in_control.result(),
            unread=tuple(self._unread),
            **found,
        )

    def _sign_in(self) -> Signed:
        signed: Signed = self._patiently(lambda: Signed.by(self._gcloud))
        return signed

    def _identity(self) -> Identity:
        """Which project it is and who pays; the name of the billing account, where it may be seen."""
        found = self._pool.submit(self._ask, project(self._project_id))
        billing = self._pool.submit(self._optional, billing_of(self._project_id))
        return _identity(found.result(), billing.result())

    def _lists(self, identity: Identity) -> Mapping[str, Callable[[], Any]]:
        names = self._desired.names
        wanted = listings(names)
        if self._for_teardown or names.alert_email:
            wanted = {**wanted, "channels": channels(names)}
        return {
            **{name: partial(self._named, name, listing) for name, listing in wanted.items()},
            "budgets": lambda: self._budgets(identity),
            "firebase": self._is_firebase,
            "sites": self._sites,
            "pages": self._pages,
        }

    def _named(self, name: str, listing: Listing) -> Any:
        """By the short name of each, where `Reality` has it so."""
        listed, key = self._list(name, listing), NAMED_BY.get(name)
        return tuple(listed) if key is None else {_text_at(item, key).rpartition("/")[2]: item for item in listed}

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
        rest = Rest(self._desired.names, self._signed.token)
        asked = partial(patiently, partial(_policy, rest, resource), self._project_id, self._backoff)
        return grants_of(self._tolerantly(f"who may do what with {resource}", asked) or {})

    def _versions(self, secret: str) -> tuple[Json, ...]:
        """Newest first."""
        return tuple(self._list(f"versions of {secret}", versions(self._desired.names, secret)))

    def _control_objects(self, buckets: Mapping[str, Json]) -> frozenset[str]:
        """Names at the top of the control bucket: objects, and prefixes with a slash at their end."""
        bucket = self._desired.names.control_bucket
        if bucket not in buckets:
            return frozenset()
        return frozenset(
            str(item["name"] if isinstance(item, dict) else item) for item in self._list(bucket, objects(bucket))
        )

    def _budgets(self, identity: Identity) -> tuple[Json, ...] | None:
        """None where the billing account's budgets are not ours to see. It keeps them when billing is turned off."""
        account = identity.billing_account or (self._desired.names.billing_account if self._for_teardown else "")
        if not account or not self._is_on("billingbudgets"):
            return ()
        listed = self._optional(budgets(account))
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
        answered = self._tolerantly(url, lambda: self._patiently(lambda: self._signed.request("GET", url)))
        return answered.body if answered and answered.status == 200 else None

    def _configurations(self) -> Configurations:
        listed = self._patiently(lambda: self._gcloud.read(*CONFIGURATIONS)) or []
        pinned = next((item for item in listed if item["name"] == self._gcloud.pinned().configuration), None)
        return Configurations(pinned, next((item for item in listed if item["is_active"]), None))

    def _active_account(self, configurations: Configurations) -> str:
        active = configurations.active
        said = active["properties"]["core"]["account"] if active else None
        return self._gcloud.environ.get("CLOUDSDK_CORE_ACCOUNT") or said or ""

    def _list(self, what: str, listing: Listing) -> list[Json]:
        return (self._tolerantly(what, lambda: self._ask(listing)) or []) if self._is_on(listing.api) else []

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

    def _optional(self, question: Question) -> Any:
        """None for what this account may not see."""
        try:
            return self._patiently(lambda: question.read(self._get))
        except Refused as refused:
            if refused.failure.id == "no-permission" or self._for_teardown:
                return None
            raise

    def _ask(self, question: Question) -> Any:
        fresh = None if self._for_teardown else self._fresh
        return self._patiently(lambda: question.read(self._get), fresh)

    def _get(self, url: str) -> Any:
        return self._signed.ask("GET", url)

    def _patiently(self, ask: Callable[[], Any], fresh: FreshRoles | None = None) -> Any:
        answer = patiently(ask, self._project_id, self._backoff, fresh=fresh)
        return None if isinstance(answer, Failure) else answer


def _text_at(item: Json, key: str) -> str:
    """`key` may be of two levels: "metadata.name"."""
    outer, _, inner = key.partition(".")
    return str(item[outer][inner] if inner else item[outer])


def _identity(project: Json, billing: Json | None) -> Identity:
    account = None if billing is None else billing.get("billingAccountName", "").removeprefix("billingAccounts/")
    return Identity(
        number=str(project["projectNumber"]),
        name=project.get("name", ""),
        state=project.get("lifecycleState", ""),
        billing_account=account if billing is None or billing.get("billingEnabled") else "",
    )


def _policy(rest: Rest, resource: Resource) -> Any:
    try:
        return rest.policy(resource, REST_SECONDS)
    except RequestException as error:
        raise GcloudFailed(f"policy of {resource}", f"ERROR: UNAVAILABLE: {type(error).__name__}") from None


def _results(futures: Mapping[Any, Future[Any]]) -> dict[Any, Any]:
    return {key: future.result() for key, future in futures.items()}
