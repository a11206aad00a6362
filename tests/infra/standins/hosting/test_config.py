"""firebase.json is read strictly: what the stand-in does not do is refused when it starts."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from standins import hosting
from standins.hosting import FirebaseConfigError
from standins.hosting.globs import UnsupportedGlob, compile_glob, normalized
from standins.serving import ServerThread

from .conftest import FIREBASE_JSON, SERVICES

RUN = {"serviceId": "log-payload", "region": "us-central1", "pinTag": True}


def config_file(folder: Path, **hosting_fields: Any) -> Path:
    path = folder / "firebase.json"
    path.write_text(json.dumps({"hosting": {"public": "dist", **hosting_fields}}))
    return path


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"redirects": []}, "hosting uses redirects, which the Hosting stand-in does not implement"),
        ({"cleanUrls": True}, "hosting uses cleanUrls"),
        ({"public": 1}, "hosting.public is not a str"),
        ({"rewrites": [{"source": "**"}]}, r"hosting.rewrites\[0\] has no run"),
        ({"rewrites": [{"source": "**", "destination": "/index.html"}]}, r"rewrites\[0\] uses destination"),
        ({"rewrites": [{"regex": ".*", "run": RUN}]}, r"rewrites\[0\] uses regex"),
        ({"rewrites": [{"source": "/a", "run": {"serviceId": "gone"}}]}, "the service 'gone', which does not run here"),
        ({"rewrites": [{"source": "/a", "run": {**RUN, "pinTag": "v1"}}]}, r"rewrites\[0\].run.pinTag is not a bool"),
        ({"rewrites": [{"source": "/@(a|b)", "run": RUN}]}, "only \\* and \\*\\* are implemented"),
        ({"headers": [{"source": "**", "headers": [{"key": "A"}]}]}, r"headers\[0\].headers\[0\] has no value"),
        ({"headers": ["**"]}, r"hosting.headers\[0\] is not an object"),
    ],
)
def test_what_is_not_implemented_is_refused_with_file_and_place(
    tmp_path: Path, fields: dict[str, Any], sentence: str
) -> None:
    path = config_file(tmp_path, **fields)
    with pytest.raises(FirebaseConfigError, match=sentence) as refusal:
        hosting.create_app(path, {"log-payload": "http://127.0.0.1:1"})
    assert str(refusal.value).startswith(f"{path}: ")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"hosting": []}', '{"hosting": {}, "functions": {}}'])
def test_a_file_that_is_no_hosting_configuration_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "firebase.json").write_text(text)
    with pytest.raises(FirebaseConfigError, match=r"firebase.json: "):
        hosting.create_app(tmp_path / "firebase.json", {})


def test_replacements_reach_header_values(servers: ServerThread, tmp_path: Path) -> None:
    path = tmp_path / "firebase.json"
    path.write_text(FIREBASE_JSON.read_text())
    services = dict.fromkeys(SERVICES, "http://127.0.0.1:1")
    local = {"https://api.openai.com": "http://127.0.0.1:4321"}
    answer = requests.get(servers.serve(hosting.create_app(path, services, local)), timeout=5)
    assert "connect-src 'self' http://127.0.0.1:4321;" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("**", "/", True),
        ("**", "/a/b", True),
        ("**", "/a/.b", False),
        ("/assets/**", "/assets/a/b.js", True),
        ("/assets/**", "/assets/", True),
        ("/assets/**", "/assets", False),
        ("/assets/**", "/assets2/x", False),
        ("/*", "/a", True),
        ("/*", "/a/b", False),
        ("/*", "/.a", False),
        ("/a*c", "/abc", True),
        ("/a*c", "/ac", True),
        ("/**/x", "/x", True),
        ("/**/x", "/a/b/x", True),
        ("/api/logs", "/api/logs", True),
        ("/api/logs", "/api/logs/", True),
        ("/api/logs", "/api/logs/x", False),
        ("/a.b", "/axb", False),
    ],
)
def test_globs_match_as_hosting_reads_them(glob: str, path: str, matches: bool) -> None:
    assert bool(compile_glob(glob).fullmatch(path)) == matches


@pytest.mark.parametrize("glob", ["/a?", "/[ab]", "/{a,b}", "!(a)", "/a|b"])
def test_other_glob_syntax_is_refused(glob: str) -> None:
    with pytest.raises(UnsupportedGlob):
        compile_glob(glob)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/", "/"), ("//a//b/", "/a/b/"), ("/a/../b", "/b"), ("/../../b", "/b"), ("/a/.", "/a"), ("/%2e%2e", "/%2e%2e")],
)
def test_paths_are_normalized_before_they_are_matched(path: str, expected: str) -> None:
    assert normalized(path) == expected
