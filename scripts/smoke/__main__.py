"""The command line of scripts/smoke.sh."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import aiohttp
from common.command_line import CommandLine
from voicemint.errors import SettingsError, UnknownAgent

from .conversation import check_call, check_call_of_the_server, check_text_turn
from .direct import check_direct_mint, session_config
from .site import (
    DEFAULT_AGENT,
    LOOPBACK_HOSTS,
    Visit,
    as_the_page,
    check_log_write,
    check_mint,
    check_page,
    check_sign_in,
    is_safe_url,
    is_unified,
)
from .steps import FAILED, HEADING, Outcome, Step, run_steps

DEFAULT_URL = "http://localhost:5000"
DEFAULT_API = "https://api.openai.com/v1"
CONNECT_SECONDS = 10
EXIT_FAILED = 1

CONVERSATION_STEPS = (
    Step(name="text turn", limit_seconds=30, run=check_text_turn, needs="mint"),
    Step(name="call", limit_seconds=60, run=check_call, needs="mint"),
)
SIGN_IN_STEP = Step(name="sign in", limit_seconds=20, run=check_sign_in)
PAGE_STEP = Step(name="page", limit_seconds=20, run=check_page)
LOG_STEP = Step(name="log write", limit_seconds=30, run=check_log_write)
SITE_STEPS = (
    PAGE_STEP,
    SIGN_IN_STEP,
    Step(name="mint", limit_seconds=30, run=check_mint),
    *CONVERSATION_STEPS,
    LOG_STEP,
)
UNIFIED_STEPS = (
    PAGE_STEP,
    SIGN_IN_STEP,
    Step(name="call", limit_seconds=60, run=check_call_of_the_server),
    LOG_STEP,
)
DIRECT_STEPS = (Step(name="mint", limit_seconds=30, run=check_direct_mint), *CONVERSATION_STEPS)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    if not options.json:
        show(f"Smoke check of {options.url}\n{HEADING}")
    try:
        outcomes = asyncio.run(check(options, lambda outcome: None if options.json else show(outcome.as_row())))
    except aiohttp.ClientConnectorError:
        return nobody_answers(options)
    failed = [outcome.step for outcome in outcomes if outcome.result == FAILED]
    if options.json:
        steps = [outcome.as_json() for outcome in outcomes]
        show(json.dumps({"url": options.url, "ok": not failed, "steps": steps}, indent=2, ensure_ascii=False))
    if failed:
        print(f"error: failed, for the reason given: {', '.join(failed)}", file=sys.stderr)
        return EXIT_FAILED
    return 0


async def check(options: argparse.Namespace, finished: Callable[[Outcome], None]) -> list[Outcome]:
    timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS)  # Step.limit_seconds bounds the rest
    # HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE count, as for any program.
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=True) as http:
        if options.direct:
            headers = {"Authorization": f"Bearer {options.api_key}"}
            visit = Visit(http, options.url, session_config(options.agent), headers)
            return await run_steps(DIRECT_STEPS, visit, finished)
        mint_body = {"agent": options.agent} if options.agent != DEFAULT_AGENT else {}
        visit = Visit(http, options.url, mint_body, as_the_page(options.url, options.session_cookie))
        visit.invite = options.invite
        steps = UNIFIED_STEPS if await is_unified(visit) else SITE_STEPS
        needed = [step for step in steps if visit.invite or step is not SIGN_IN_STEP]
        return await run_steps(needed, visit, finished)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options, and from the environment what must not be on a command line. Exits 2 on a wrong one."""
    parser = CommandLine("scripts/smoke.sh")
    parser.add_argument("url", nargs="?", metavar="URL")
    parser.add_argument("--direct", action="store_true")
    parser.add_argument("--agent", default=DEFAULT_AGENT, metavar="NAME")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    options.invite = os.environ.get("VOICEMINT_INVITE", "")
    options.session_cookie = os.environ.get("VOICEMINT_SESSION", "")
    options.api_key = os.environ.get("OPENAI_API_KEY", "")
    if options.direct:
        check_direct_options(parser, options)
    options.url = (DEFAULT_URL if options.url is None else options.url).rstrip("/")
    parts = urlsplit(options.url)
    if not is_safe_url(options.url) or parts.query or parts.fragment or parts.username:
        parser.error("expected a plain https URL, or http to this machine, such as https://my-site.web.app")
    for name, value in (("VOICEMINT_SESSION", options.session_cookie), ("OPENAI_API_KEY", options.api_key)):
        if not value.isascii() or not value.isprintable() or set(value) & set(" ;,"):
            parser.error(f"{name} holds characters that no header may have; is there a line end or a quote in it?")
    return options


def check_direct_options(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if options.url:
        parser.error("--direct checks OpenAI and no site: leave the URL out")
    if not options.api_key:
        parser.error("--direct needs the environment variable OPENAI_API_KEY")
    options.url = os.environ.get("OPENAI_BASE_URL") or DEFAULT_API
    try:
        session_config(options.agent)
    except UnknownAgent:
        parser.error(f"there is no agent {options.agent!r} in functions/agents/")
    except SettingsError as error:
        parser.error(str(error))


def nobody_answers(options: argparse.Namespace) -> int:
    """Said once, and not by every step."""
    if urlsplit(options.url).hostname in LOOPBACK_HOSTS:
        todo = "Start the local run, scripts/dev.sh, or name the site: scripts/smoke.sh https://YOUR-SITE.web.app"
    else:
        todo = "Is the address right, and the network there?"
    sentence = f"Nothing answers at {options.url}. {todo}"
    if options.json:
        show(
            json.dumps({"url": options.url, "ok": False, "steps": [], "error": sentence}, indent=2, ensure_ascii=False)
        )
    print(f"error: {sentence}", file=sys.stderr)
    return EXIT_FAILED


def show(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
