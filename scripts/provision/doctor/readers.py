"""Who else may read what was said, the keys, or everything: given by somebody, so no bootstrap takes it away."""

import shlex
from collections.abc import Iterable

from ..desired import EVERYBODY, Binding
from ..findings import Finding
from ..policies import policy_command
from .context import Context, ok
from .sign_in import account

NEEDED = ("projects", "storage", "secrets")  # the groups of commands that read the policies
WHAT = "Who else may read the buckets and secrets"


def readers(context: Context) -> Iterable[Finding]:
    refused = [context.unread[group] for group in NEEDED if group in context.unread]
    if refused:
        yield context.unasked("readers", WHAT, refused[0], "roles/iam.securityReviewer")
        return
    theirs = [binding for binding in context.foreign if binding.grant.member != f"user:{account(context)}"]
    yield from [_finding(context, binding) for binding in theirs] or [ok("readers", f"{WHAT}: nobody")]


def _finding(context: Context, binding: Binding) -> Finding:
    grant, resource = binding
    title = f"{grant.member} has {grant.role} on {_named(context, binding)}"
    return Finding(
        f"readers:{grant.member}/{grant.role}/{resource}",
        "problem" if grant.member in EVERYBODY else "warning",
        title,
        "infra/iam.txt does not say it, and no bootstrap takes it away: is it meant?",
        _removal(context, binding),
    )


def _named(context: Context, binding: Binding) -> str:
    return str(binding.resource) if binding.resource.name else f"the whole project {context.project_id}"


def _removal(context: Context, binding: Binding) -> str:
    """`--all`: under whatever condition it was given."""
    command = policy_command(binding.resource, "remove-iam-policy-binding", context.desired.names)
    grant = (f"--member={binding.grant.member}", f"--role={binding.grant.role}", "--all")
    return shlex.join(["gcloud", *command, *grant, f"--project={context.project_id}"])
