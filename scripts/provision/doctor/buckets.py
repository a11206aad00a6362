"""Names of buckets are shared by all of Google Cloud: ours, free, or somebody else's."""

from collections.abc import Iterable

from ..findings import Finding
from .answers import Refusal
from .context import Context, ok


def reading_name(bucket: str) -> str:
    return f"bucket:{bucket}"


def buckets(context: Context) -> Iterable[Finding]:
    listed = context.of("buckets")
    ours = {bucket["name"] for bucket in listed.value} if listed.ok else set()
    for bucket in context.desired.buckets:
        finding_id, answer = reading_name(bucket.name), context.of(reading_name(bucket.name))
        if bucket.name in ours:
            yield ok(finding_id, f"The bucket {bucket.name} is this project's")
        elif answer.refusal is Refusal.NOT_FOUND:
            yield context.missing(finding_id, f"The bucket {bucket.name}")
        elif listed.ok and (answer.ok or answer.refusal is Refusal.DENIED):
            variable = "BUCKET" if bucket.name == context.desired.names.bucket else "CONTROL_BUCKET"
            title = f"The bucket name {bucket.name} is taken by another project"
            fix = f"Write another name into infra/project.env: {variable}={bucket.name}-2"
            yield Finding(finding_id, "problem", title, "these names are shared by all of Google Cloud", fix)
        else:
            yield context.unasked(finding_id, f"The bucket {bucket.name}", answer if listed.ok else listed)
