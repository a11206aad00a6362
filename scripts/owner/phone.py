"""The command line of scripts/phone.sh."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from common.command_line import CommandLine
from common.console import CommandFailed, run, say, show
from google.api_core.exceptions import NotFound
from voicemint.agents.files import load_agents
from voicemint.agents.phone_table import PhonePolicy
from voicemint.errors import SecretUnavailable
from voicemint.openai.webhooks import WebhookSecrets
from voicemint.phone.sip_headers import EVENT_TYPE

from .openai_key import key_in_use
from .project import Project, add_project_options, project_of
from .secret_versions import Versions
from .webhook_endpoints import NAME, ApiClosed, Endpoint, WebhookEndpoints
from .webhook_secret import WEBHOOK_SECRET, nobodys_secret, probe, read_secret, wait_until_taken

SIP_HOST = "sip.api.openai.com"
_OPENAI_PROJECT = re.compile(r"proj_[A-Za-z0-9_-]{1,64}", re.ASCII)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    phone = Telephone(project_of(options), options.openai_project)
    if options.status:
        return phone.show_status()
    if options.off:
        return phone.switch_off(dry_run=options.dry_run)
    return phone.set_up(exchange=options.rotate, dry_run=options.dry_run)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = CommandLine("scripts/phone.sh")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--status", action="store_true")
    what.add_argument("--rotate", action="store_true")
    what.add_argument("--off", action="store_true")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--openai-project", type=openai_project, metavar="proj_…",
                        default=os.environ.get("OPENAI_PROJECT_ID") or None)  # fmt: skip
    add_project_options(parser)
    return parser.parse_args(arguments)


def openai_project(text: str) -> str:
    if not _OPENAI_PROJECT.fullmatch(text):
        raise argparse.ArgumentTypeError("expected a project's id at OpenAI, which begins with proj_")
    return text


class Telephone:
    """One project's telephone."""

    def __init__(self, project: Project, openai_project: str | None) -> None:
        self._project = project
        self._openai_project = openai_project
        self._url = f"{project.site_url}/api/phone"
        self._versions = Versions(project, WEBHOOK_SECRET)

    def set_up(self, *, exchange: bool, dry_run: bool) -> int:
        try:
            endpoints = self._endpoints()
            secret = self._registered(endpoints, exchange=exchange, dry_run=dry_run)
        except ApiClosed:
            endpoints, secret = None, self._registered_by_hand(dry_run=dry_run)
        if dry_run:
            return 0
        if secret is not None:
            self._store(secret)
        self._try_out(endpoints)
        self._show_how_to_call()
        return 0

    def switch_off(self, *, dry_run: bool) -> int:
        """No endpoint, and a secret that nobody has: whatever still arrives is refused."""
        try:
            endpoints = self._endpoints()
            for endpoint in endpoints.at(self._url):
                _would(dry_run, f"Delete the endpoint {self._url} at OpenAI")
                if not dry_run:
                    endpoints.delete(endpoint)
        except ApiClosed:
            say(f"Delete the endpoint {self._url} yourself: https://platform.openai.com/settings, Project, Webhooks.")
        _would(dry_run, f"Replace {WEBHOOK_SECRET} by one that nobody has")
        if not dry_run:
            self._store(nobodys_secret())
            show("Off: no phone call is answered.")
            say(f"Calls that are on go on; {self._project.command('stop.sh')} ends them.")
        return 0

    def show_status(self) -> int:
        show(f"endpoint  {self._url}: {self._registration()}")
        show(f"secret    {self._stored()}")
        self._show_how_to_call()
        return 0

    def _endpoints(self) -> WebhookEndpoints:
        say("Asking OpenAI for the project's webhook endpoints")
        return WebhookEndpoints(self._project.settings.openai_base_url, key_in_use(self._project))

    def _registered(self, endpoints: WebhookEndpoints, *, exchange: bool, dry_run: bool) -> str | None:
        """The signing secret to store; None where the one that is stored is good."""
        found = endpoints.at(self._url)
        if not found:
            _would(dry_run, f"Register {self._url} at OpenAI for {EVENT_TYPE}, and store its secret")
            return None if dry_run else endpoints.create(self._url)
        endpoint = found[0]
        if EVENT_TYPE not in endpoint.event_types:
            _would(dry_run, f"Subscribe {self._url} to {EVENT_TYPE}")
            if not dry_run:
                endpoints.subscribe(endpoint)
        if not exchange and self._takes_what_openai_signs(endpoints, endpoint):
            say(f"{self._url} is registered at OpenAI, and takes what OpenAI signs.")
            return None
        _would(dry_run, f"Exchange the secret of {self._url} at OpenAI, and store the new one")
        return None if dry_run else endpoints.exchange(endpoint)

    def _registered_by_hand(self, *, dry_run: bool) -> str | None:
        """Where the stored key may not manage endpoints, and for good reason: it is restricted."""
        say(
            "OpenAI does not let the stored API key manage webhooks (a key restricted to Realtime cannot). Do it in\n"
            "its console: https://platform.openai.com/settings, Project, Webhooks, Create:\n"
            f"  Name         {NAME}\n  URL          {self._url}\n  Event types  {EVENT_TYPE}\n"
            "Then copy the signing secret, which is shown once."
        )
        return None if dry_run else read_secret()

    def _store(self, secret: str) -> None:
        """A new version, in use everywhere before the older ones go."""
        say(f"Storing the secret as a new version of {WEBHOOK_SECRET}")
        try:
            number = self._versions.add(secret)
        except NotFound:
            raise CommandFailed(
                happened=f"There is no secret named {WEBHOOK_SECRET}", todo="Make it: scripts/bootstrap.sh"
            ) from None
        wait_until_taken(self._url, secret)
        self._versions.retire_older_than(number, still_works=lambda: wait_until_taken(self._url, secret))

    def _takes_what_openai_signs(self, endpoints: WebhookEndpoints, endpoint: Endpoint) -> bool:
        return endpoints.try_out(endpoint) == 200

    def _try_out(self, endpoints: WebhookEndpoints | None) -> None:
        """OpenAI's own test event, where it can be asked for one."""
        found = endpoints.at(self._url) if endpoints else []
        if endpoints is None or not found:
            say("Ours was taken. OpenAI's own test event: in its console, beside the endpoint.")
            return
        say("Having OpenAI send its test event")
        status = endpoints.try_out(found[0])
        if status != 200:
            raise CommandFailed(
                happened=f"{self._url} answered OpenAI's test event with {status} instead of 200",
                todo="See answer-phone's log; then run this again.",
            )
        say("OpenAI's test event was taken.")

    def _registration(self) -> str:
        try:
            endpoints = self._endpoints()
            found = endpoints.at(self._url)
        except ApiClosed:
            return "not known (the stored API key may not look)"
        if not found:
            return "not registered at OpenAI"
        return "registered at OpenAI" if EVENT_TYPE in found[0].event_types else f"registered, not for {EVENT_TYPE}"

    def _stored(self) -> str:
        try:
            text = self._versions.latest().text
            WebhookSecrets(text)
        except (CommandFailed, SecretUnavailable):
            return "none that could be one"
        status = probe(self._url, text.splitlines()[0])
        return "the site takes what it signs" if status == 200 else f"the site answers {status} to what it signs"

    def _show_how_to_call(self) -> None:
        lines = {name: agent.phone for name, agent in load_agents().items() if agent.phone}
        for name, line in lines.items():
            show(f"line      {_described(name, line)}")
        if not lines:
            show("line      none: no agent has a [phone] table, so every call is rejected (docs/agents.md)")
        show(f"SIP       sip:{self._openai_project or 'YOUR_OPENAI_PROJECT'}@{SIP_HOST};transport=tls")
        if self._openai_project is None:
            say(
                "YOUR_OPENAI_PROJECT begins with proj_: https://platform.openai.com/settings, Project, General. Say\n"
                "--openai-project, or set OPENAI_PROJECT_ID. It has to be the project of the stored API key. Projects\n"
                "with data residency in Europe: sip-eu.api.openai.com."
            )
        say("Give this address to your number's provider: there its calls go. Whoever knows it can call, so keep it.")


def _described(name: str, line: PhonePolicy) -> str:
    callers = "anyone" if line.callers is None else ", ".join(line.callers)
    state = "open now" if line.is_open(datetime.now(UTC)) else "closed now"
    return (
        f"{name} answers {', '.join(sorted(line.numbers))} for {callers}; {state}; at most {line.max_calls} calls at "
        f"once, {line.max_minutes_per_day} minutes a day; transfers to {', '.join(sorted(line.transfers)) or 'nobody'}"
    )


def _would(dry_run: bool, sentence: str) -> None:
    (show if dry_run else say)(f"Would: {sentence}" if dry_run else sentence)


if __name__ == "__main__":
    sys.exit(run(lambda: main(sys.argv[1:])))
