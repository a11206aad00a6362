"""Steps for what holds things: repository, buckets, secrets, queues. Created where missing, corrected where changed."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from common.failures import Kind
from common.gcloud import Gcloud
from voicemint.control.stop_switch import CONTROL_OBJECT, ControlState

from .desired import (
    LABEL,
    LABEL_VALUE,
    MARK,
    REPOSITORY,
    SOFT_DELETE_SECONDS,
    Bucket,
    Desired,
    Queue,
)
from .matching import in_any_order, includes
from .reality import Json, Reality
from .steps import Action, Step
from .versions import version_steps

ONE_REPLICA = "An organization policy allows only some locations: the secret has its replica in {region} instead"
EXISTS: frozenset[Kind] = frozenset({"exists"})
SOFT_DELETE = f"--soft-delete-duration={SOFT_DELETE_SECONDS}s"


def repository_steps(gcloud: Gcloud, desired: Desired, reality: Reality) -> Iterator[Step]:
    found, where = reality.repositories.get(REPOSITORY), f"--location={desired.names.region}"
    id_ = f"repository/{REPOSITORY}"
    if id_ in desired.foreign:
        return
    if found is None:
        command = gcloud.command(
            "artifacts", "repositories", "create", REPOSITORY, where, "--repository-format=docker",
            "--description=Images of the functions", f"--labels={MARK}",
        )  # fmt: skip
        yield _step(id_, "Create the repository of the functions' images", command)
    elif not is_marked(found):
        command = gcloud.command("artifacts", "repositories", "update", REPOSITORY, where, f"--update-labels={MARK}")
        yield _step(id_, f"Take the repository {REPOSITORY} as Voicemint's", command)


def bucket_steps(gcloud: Gcloud, desired: Desired, reality: Reality) -> Iterator[Step]:
    for bucket in desired.buckets:
        yield from _bucket_steps(gcloud, desired, bucket, reality.buckets.get(bucket.name))
    if (
        f"bucket/{desired.names.control_bucket}" not in desired.foreign
        and CONTROL_OBJECT not in reality.control_objects
    ):
        name = f"gs://{desired.names.control_bucket}/{CONTROL_OBJECT}"
        create = Action(
            command=tuple(
                gcloud.command("storage", "cp", "-", name, "--content-type=application/json", "--if-generation-match=0")
            ),
            text=ControlState().encode().decode(),
            check=("storage", "objects", "list", name),
        )
        yield Step(
            id="control", title=f"Create {CONTROL_OBJECT}: calls are allowed, nobody is signed out", actions=(create,),
            needs=(f"bucket/{desired.names.control_bucket}",), done=EXISTS,
        )  # fmt: skip


def _bucket_steps(gcloud: Gcloud, desired: Desired, bucket: Bucket, found: Json | None) -> Iterator[Step]:
    url = f"gs://{bucket.name}"
    mark = gcloud.command("storage", "buckets", "update", url, f"--update-labels={MARK}")
    if found is None:
        create = gcloud.command(
            "storage", "buckets", "create", url, f"--location={desired.names.region}",
            "--uniform-bucket-level-access", "--public-access-prevention", SOFT_DELETE,
            f"--lifecycle-file={bucket.lifecycle_file}",
        )  # fmt: skip
        yield _step(f"bucket/{bucket.name}", f"Create the bucket {bucket.name}", create, mark)
    elif wrong := list(bucket_drift(bucket, found)):
        words = " and ".join(what for what, _ in wrong)
        command = gcloud.command("storage", "buckets", "update", url, *(flag for _, flag in wrong))
        yield _step(f"bucket/{bucket.name}", f"Correct the bucket {bucket.name}: {words}", command)


def bucket_drift(bucket: Bucket, found: Json) -> Iterator[tuple[str, str]]:
    """What is not as it should be, and the flag that corrects it."""
    iam = found.get("iamConfiguration", {})
    if not iam.get("uniformBucketLevelAccess", {}).get("enabled"):
        yield "uniform access", "--uniform-bucket-level-access"
    if iam.get("publicAccessPrevention") != "enforced":
        yield "public access prevention", "--public-access-prevention"
    if str(found.get("softDeletePolicy", {}).get("retentionDurationSeconds", 0)) != str(SOFT_DELETE_SECONDS):
        yield "soft delete", SOFT_DELETE
    if in_any_order(found.get("lifecycle", {}).get("rule", [])) != in_any_order(bucket.lifecycle["rule"]):
        yield "lifecycle", f"--lifecycle-file={bucket.lifecycle_file}"
    if bucket.overwritten:
        yield from _kept(found)
    if not is_marked(found):
        yield "label", f"--update-labels={MARK}"


def _kept(found: Json) -> Iterator[tuple[str, str]]:
    """What keeps an object from being written again. A locked period cannot be taken away: the doctor names it."""
    if found.get("retentionPolicy") and not found["retentionPolicy"].get("isLocked"):
        yield "no retention period, so that the stop switch can be written", "--clear-retention-period"
    if found.get("defaultEventBasedHold"):
        yield "no hold on new objects", "--no-default-event-based-hold"


def secret_steps(gcloud: Gcloud, desired: Desired, reality: Reality, *, new_key: bool) -> Iterator[Step]:
    """`new_key`: another key was given than the one that is stored."""
    for secret in desired.secrets:
        found, versions = reality.secrets.get(secret), reality.versions.get(secret, ())
        if found is None:
            yield _create_secret(gcloud, secret, desired.names.region)
        elif not is_marked(found):
            command = gcloud.command("secrets", "update", secret, f"--update-labels={MARK}")
            yield _step(f"secret/{secret}", f"Take the secret {secret} as Voicemint's", command)
        yield from version_steps(gcloud, secret, versions, new_key=new_key)


def _create_secret(gcloud: Gcloud, secret: str, region: str) -> Step:
    """Where Google likes; where an organization allows only some locations, `global` is none of them."""
    create = partial(gcloud.command, "secrets", "create", secret, f"--labels={MARK}")
    here = Action(command=tuple(create("--replication-policy=user-managed", f"--locations={region}")))
    step = _step(f"secret/{secret}", f"Create the secret {secret}", create("--replication-policy=automatic"))
    return replace(step, otherwise=(here,), otherwise_title=ONE_REPLICA.format(region=region))


def queue_steps(gcloud: Gcloud, desired: Desired, reality: Reality) -> Iterator[Step]:
    for queue in desired.queues:
        found = reality.queues.get(queue.name)
        if found is None or not is_as_wanted(queue, found):
            verb = "create" if found is None else "update"
            command = gcloud.command(
                "tasks", "queues", verb, queue.name, f"--location={desired.names.region}", f"--flags-file={queue.file}"
            )
            yield _step(f"queue/{queue.name}", f"{verb.capitalize()} the queue {queue.name}", command)


def is_as_wanted(queue: Queue, found: Json) -> bool:
    wanted: dict[str, dict[str, Any]] = {}
    for (outer, inner), value in queue.fields.items():
        wanted.setdefault(outer, {})[inner] = value
    return includes(found, wanted)


def is_marked(found: Json) -> bool:
    return bool(found.get("labels", {}).get(LABEL) == LABEL_VALUE)


def _step(id_: str, title: str, *commands: list[str]) -> Step:
    actions = tuple(Action(command=tuple(command)) for command in commands)
    return Step(id=id_, title=title, actions=actions, needs=("services",), done=EXISTS)
