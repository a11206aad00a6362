"""The checks, in the order of the report."""

from collections.abc import Callable, Iterable, Sequence

from ..findings import Finding
from . import (
    buckets,
    drift,
    functions,
    keys,
    models,
    permissions,
    policies,
    project,
    readers,
    sign_in,
    site,
    strangers,
    telephone,
    watching,
)
from .context import Context

Check = Callable[[Context], Iterable[Finding]]
Groups = Sequence[tuple[Callable[[Context], bool], Sequence[Check]]]

# Each group with what must hold for it to be asked at all. A bootstrap goes on where none of these finds a problem.
PREFLIGHT: Groups = (
    (lambda _: True, (sign_in.gcloud, sign_in.sign_in, sign_in.other_sign_in)),
    (sign_in.is_signed_in, (sign_in.network,)),
    (
        sign_in.is_reached,
        (
            sign_in.clock,
            project.project,
            project.pin,
            project.billing,
            permissions.permissions,
            project.services,
        ),
    ),
    (
        project.is_there,
        (
            project.perimeter,
            policies.organization,
            project.build_account,
            project.build_region,
            project.runtimes,
            buckets.buckets,
            keys.openai_key,
            keys.key_accepted,
            models.models,
            keys.signing_key,
        ),
    ),
)

EVERYTHING: Groups = (
    *PREFLIGHT,
    (
        project.is_there,
        (
            sign_in.pinned,
            strangers.strangers,
            drift.drift,
            readers.readers,
            functions.functions,
            site.page,
            site.functions_behind,
            telephone.telephone,
            watching.watching,
        ),
    ),
)
# What is said of the stored key, and does not matter where another is about to be stored.
KEY = ("openai-key", "openai")


def findings(context: Context, groups: Groups) -> list[Finding]:
    found: list[Finding] = []
    for holds, checks in groups:
        if not holds(context):
            fix = next((finding.fix for finding in reversed(found) if finding.status == "problem"), "")
            return [*found, Finding("rest", "unknown", "The rest was not checked", "it depends on the above", fix)]
        found += [finding for check in checks for finding in check(context)]
    return found
