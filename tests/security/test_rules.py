"""Rules on the source. Each is shown a text that breaks it: a rule that never fires protects nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..functions.conftest import FUNCTIONS_FOLDER
from .conftest import Figure
from .rules import RULES, findings, findings_in

ROOT = FUNCTIONS_FOLDER.parent
WEB = ROOT / "web"
ESLINT = WEB / "node_modules" / "eslint" / "bin" / "eslint.js"

BREACHES = {
    "mac_compared_by_equals": [
        "ok = mac == expected",
        "if request.signature != sign(body): pass",
        "ok = hmac.new(key, body, 'sha256').hexdigest() == sent",
        "ok = session_mac(text)[:8] == sent_mac",
    ],
    "outbound_call_without_timeout": [
        "requests.post(address, json={})",
        "urllib3.request('GET', address)",
        "self._pool.request('GET', address)",
        "self._session.get(address)",
        "HTTPSConnection(host)",
        "http.client.HTTPConnection(host)",
        "client.access_secret_version(name=name)",
        "urlopen(address)",
    ],
    "upstream_url_put_together": [
        "address = f'https://api.openai.com/v1/realtime/calls/{call_id}/hangup'",
        "address = f'{SETTINGS.openai_base_url}/{path}'",
        "address = 'https://api.openai.com/' + path",
        "address = base_url + path",
        "address = 'https://%s/v1' % host",
    ],
    "environment_read_outside_settings": ["key = os.environ['KEY']", "key = os.getenv('KEY')"],
    "exception_text_shown": [
        "try: pass\nexcept ValueError as error: raise InvalidRequest(f'bad: {error}')",
        "try: pass\nexcept ValueError as error: raise InvalidRequest(str(error))",
        "try: pass\nexcept ValueError as error: logger.error('failed: %s', error)",
        "try: pass\nexcept ValueError as error: logger.error('failed: %s' % error)",
        "try: pass\nexcept ValueError as error: detail = error.args[0]",
        "try: pass\nexcept ValueError as error: detail = '{}'.format(error)",
    ],
    "nested_quantifiers": [
        "re.compile(r'(a+)+b')",
        're.compile(r\'(?:[^,]|"[^"]*")*,\')',
        "re.search(rb'(x|(y*z)*)$', data)",
        "re.compile(r'(?:a*?){2,}')",
    ],
}

ALLOWED = """
os.environ.setdefault("A_SETTING_OF_A_LIBRARY", "true")
connection = request.environ.get("gunicorn.socket")
ok = hmac.compare_digest(mac, expected)
ok = status == 200
answer = self._pool.request("GET", self._url, timeout=TIMEOUT)
connection = HTTPSConnection(host, timeout=3)
name = f"calls/dt={day}/{call_id}"
identifier = os.urandom(16)
number = re.compile(r"[0-9]+(?:\\.[0-9]+)?(?:[a-z]{1,8}){0,4}")
quoted = re.compile(r"(?:[^,]|'[^']*+')*+,")
value = chosen.get("agent")
try:
    pass
except ValueError as error:
    logger.warning("it failed", exc_info=error)
    raise InvalidRequest from None
"""

# Of bandit's medium rules: a call without timeout, a shell, YAML that makes objects, code from text.
BANDIT_BREACHES = """
import subprocess, requests, yaml
requests.get("https://example.com")
subprocess.run("ls " + name, shell=True)
yaml.load(text)
eval(text)
"""
# The one bind to all interfaces is the platform's; ours are checked at the start (pyproject.toml, S104).
BANDIT = ("--quiet", "--format", "json", "--recursive", "-ll", "--skip", "B104", "--exclude", "*/node_modules/*")

HTML_SINKS = {
    "element.innerHTML = text;": "no-unsanitized/property",
    "element.outerHTML = text;": "no-unsanitized/property",
    'element.insertAdjacentHTML("beforeend", text);': "no-unsanitized/method",
    "document.write(text);": "no-unsanitized/method",
    "eval(text);": "no-eval",
    "setTimeout(text);": "@typescript-eslint/no-implied-eval",
    "new Function(text)();": "@typescript-eslint/no-implied-eval",
}


@pytest.mark.parametrize(
    ("rule", "source"), [(rule, source) for rule, sources in BREACHES.items() for source in sources]
)
def test_a_rule_finds_what_breaks_it(rule: str, source: str) -> None:
    assert rule in {finding.rule for finding in findings(source, "any.py")}


def test_every_rule_has_a_text_that_breaks_it() -> None:
    assert BREACHES.keys() == RULES.keys()


def test_no_rule_finds_what_is_right() -> None:
    assert findings(ALLOWED, "any.py") == []


def test_the_functions_break_no_rule(figure: Figure) -> None:
    assert findings_in(FUNCTIONS_FOLDER) == []
    figure(f"{len(RULES)} rules of our own on functions/", "0 findings")


def bandit(*paths: Path) -> set[str]:
    """What bandit finds of medium severity or higher, as `file:line test`."""
    command = [sys.executable, "-m", "bandit", *BANDIT, *map(str, paths)]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    assert report["errors"] == []
    return {f"{each['filename']}:{each['line_number']} {each['test_id']}" for each in report["results"]}


def test_bandit_finds_nothing_in_functions_and_scripts(figure: Figure) -> None:
    assert bandit(ROOT / "functions", ROOT / "scripts") == set()
    figure("bandit on functions/ and scripts/", "0 of medium severity or higher")


def test_bandit_finds_what_it_is_there_for(tmp_path: Path) -> None:
    (tmp_path / "breaches.py").write_text(BANDIT_BREACHES)
    found = {finding.rpartition(" ")[2] for finding in bandit(tmp_path)}
    assert {"B113", "B602", "B506", "B307"} <= found


@pytest.mark.skipif(not ESLINT.is_file(), reason="web/node_modules is not installed: scripts/test.sh does")
def test_eslint_finds_every_way_to_turn_text_into_html_or_code(figure: Figure) -> None:
    """In the place of a source file of the page, under the page's own configuration."""
    source = "\n".join(["export function show(element: HTMLElement, text: string): void {", *HTML_SINKS, "}"])
    command = ["node", ESLINT, "--format", "json", "--stdin", "--stdin-filename", "src/main.tsx"]
    # Else typescript-eslint reads the file, not what it is given.
    environment = {**os.environ, "TSESTREE_SINGLE_RUN": "false"}
    answer = subprocess.run(
        command, cwd=WEB, env=environment, input=source, capture_output=True, text=True, check=False
    )
    (report,) = json.loads(answer.stdout)
    found = {(message["line"], message["ruleId"]) for message in report["messages"]}
    expected = {(line, rule) for line, rule in enumerate(HTML_SINKS.values(), start=2)}
    assert expected - found == set()
    figure("eslint, ways to turn text into HTML or code", f"{len(expected)} of {len(expected)} refused")
