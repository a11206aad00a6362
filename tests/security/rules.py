"""What the functions' source must not say, found in its syntax tree.

Rules of our own, where no linter has them; semgrep would say the same in 350 MB and in an environment of its own.
"""

import ast
import re
import re._constants as sre_constants
import re._parser as sre_parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

MAC_NAME = re.compile(r"(^|_)(mac|hmac|signature|digest|hexdigest)s?$")
URL_NAME = re.compile(r"(^|_)url$")
HTTP_LIBRARIES = ("requests", "urllib3", "httpx")
HTTP_VERBS = ("request", "get", "post", "put", "patch", "delete", "head", "urlopen")
CONNECTIONS = ("HTTPConnection", "HTTPSConnection", "create_connection", "access_secret_version", "upload_from_string")
LOG_METHODS = ("debug", "info", "warning", "error", "critical", "exception", "log")

# The only modules that put addresses together, from settings and constants.
URL_MODULES = (
    "settings.py",
    "openai/api.py",
    "google/control_bucket.py",
    "access/firebase.py",
    "google/rest.py",
    "http_client.py",
)
# Read at the start, from files of the deployment's own: nobody else is answered.
START_UP_MODULES = ("agents/files.py", "agents/public.py")


@dataclass(frozen=True)
class Finding:
    rule: str
    line: int


def findings(source: str, module: str) -> list[Finding]:
    """Every breach of a rule in `source`, the file that `module` names: its path from functions/voicemint/ on."""
    tree = ast.parse(source)
    return [Finding(name, node.lineno) for name, rule in RULES.items() for node in rule(tree, module)]


def findings_in(folder: Path) -> list[str]:
    """Every breach in the Python files under `folder`, as `file:line rule`."""
    return [
        f"{file.relative_to(folder)}:{finding.line} {finding.rule}"
        for file in sorted(folder.rglob("*.py"))
        for finding in findings(file.read_text(), file.relative_to(folder).as_posix().removeprefix("voicemint/"))
    ]


Rule = Callable[[ast.Module, str], Iterator[ast.expr]]


def mac_compared_by_equals(tree: ast.Module, _module: str) -> Iterator[ast.expr]:
    """`==` ends at the first byte that differs: hmac.compare_digest."""
    for node in ast.walk(tree):
        by_equals = isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
        if by_equals and any(MAC_NAME.search(name) for name in _names(node)):
            yield node


def outbound_call_without_timeout(tree: ast.Module, _module: str) -> Iterator[ast.expr]:
    for call in _calls(tree):
        if _goes_out(call.func) and not any(keyword.arg == "timeout" for keyword in call.keywords):
            yield call


def upstream_url_put_together(tree: ast.Module, module: str) -> Iterator[ast.expr]:
    """An address made of parts is an address that a caller may have a say in."""
    if module in URL_MODULES:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = node.values
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            parts = [node.left]
        else:
            continue
        if _has_scheme(node) or _has_url(parts):
            yield node


def environment_read_outside_settings(tree: ast.Module, module: str) -> Iterator[ast.expr]:
    """Setting a variable for a library that reads it (`setdefault`) is no reading; a request's `environ` is WSGI's."""
    if module == "settings.py":
        return
    set_only = [call.func.value for call in _calls(tree) if _is_setdefault(call.func)]
    for node in ast.walk(tree):
        if node in set_only or _is_of_a_request(node):
            continue
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"):
            yield node


def _is_of_a_request(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "request"


def exception_text_shown(tree: ast.Module, module: str) -> Iterator[ast.expr]:
    """A library may quote a header, with our key in it, in what it raises."""
    if module in START_UP_MODULES:
        return
    for handler in ast.walk(tree):
        if isinstance(handler, ast.ExceptHandler) and handler.name:
            yield from _shows(handler, handler.name)


def nested_quantifiers(tree: ast.Module, _module: str) -> Iterator[ast.expr]:
    """A repetition inside a repetition can take time that grows with the square of the input, or worse.

    A possessive one (`*+`, `++`) gives nothing back, so it cannot.
    """
    for call in _calls(tree):
        if _is_regular_expression(call.func) and call.args:
            text = _constant_text(call.args[0])
            if text is not None and _repeats_a_repetition(sre_parse.parse(text)):
                yield call


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        mac_compared_by_equals,
        outbound_call_without_timeout,
        upstream_url_put_together,
        environment_read_outside_settings,
        exception_text_shown,
        nested_quantifiers,
    )
}


def _is_setdefault(function: ast.expr) -> TypeGuard[ast.Attribute]:
    return isinstance(function, ast.Attribute) and function.attr == "setdefault"


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def _goes_out(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in (*CONNECTIONS, "urlopen")
    if not isinstance(function, ast.Attribute):
        return False
    owner = next(iter(_names(function.value)), "")
    is_http = owner in HTTP_LIBRARIES or owner.endswith(("pool", "session"))
    return function.attr in CONNECTIONS or (is_http and function.attr in HTTP_VERBS)


def _has_scheme(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Constant) and "://" in str(part.value) for part in ast.walk(node))


def _has_url(nodes: list[ast.expr]) -> bool:
    return any(URL_NAME.search(name) for node in nodes for name in _names(node))


def _shows(handler: ast.ExceptHandler, error: str) -> Iterator[ast.expr]:
    return (node for node in ast.walk(handler) if isinstance(node, ast.expr) and _shows_text(node, error))


def _shows_text(node: ast.expr, error: str) -> bool:
    match node:
        case ast.FormattedValue(value=value) | ast.Attribute(value=value, attr="args" | "strerror"):
            return _is(value, error)
        case ast.BinOp(op=ast.Mod(), right=right):
            return error in _names(right)
        case ast.Call(func=function, args=arguments):
            return _writes(function) and any(_is(each, error) for each in arguments)
    return False


def _writes(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr in (*LOG_METHODS, "format")
    return isinstance(function, ast.Name) and function.id in ("str", "repr", "ascii", "format", "print")


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_regular_expression(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and _is(function.value, "re")


def _constant_text(node: ast.expr) -> str | bytes | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) else None


def _repeats_a_repetition(parsed: Any, is_inside: bool = False) -> bool:
    """Whether one unbounded repetition that may give something back holds another."""
    for operation, arguments in parsed:
        repeats = operation in (sre_constants.MAX_REPEAT, sre_constants.MIN_REPEAT)
        is_unbounded = repeats and arguments[1] == sre_constants.MAXREPEAT
        if is_unbounded and is_inside:
            return True
        if any(_repeats_a_repetition(part, is_inside or is_unbounded) for part in _parts(arguments)):
            return True
    return False


def _parts(arguments: Any) -> Iterator[Any]:
    """The expressions inside of one, however deep in its arguments they lie."""
    if isinstance(arguments, sre_parse.SubPattern):
        yield arguments
    elif isinstance(arguments, list | tuple):
        for each in arguments:
            yield from _parts(each)
