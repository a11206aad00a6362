"""firebase.json's globs: `*` within a segment, `**` over segments; neither takes a name that starts with a dot.

The same rules as minimatch, which the Hosting emulator uses; its other syntax is refused, not misread.
"""

import posixpath
import re

UNSUPPORTED = frozenset("?[]{}()!+@|\\")


class UnsupportedGlob(ValueError):
    """A glob with syntax that is not implemented here."""


def compile_glob(glob: str, *, dot: bool = False) -> re.Pattern[str]:
    """A pattern for `fullmatch`. With `dot`, wildcards take hidden names too."""
    if found := UNSUPPORTED.intersection(glob):
        raise UnsupportedGlob(f"the glob {glob!r} uses {' '.join(sorted(found))}; only * and ** are implemented")
    visible = "" if dot else r"(?!\.)"
    pattern = ""
    segments = glob.lstrip("/").split("/")
    for position, segment in enumerate(segments, start=1):
        if segment == "**":
            # At the end it wants something, be it the empty name after a slash: /a/** is /a/ but not /a.
            pattern += f"(?:/{visible}[^/]*)" + ("+" if position == len(segments) else "*")
        else:
            guard = f"{visible}(?=.)" if segment.startswith("*") else ""
            pattern += "/" + guard + "[^/]*".join(map(re.escape, segment.split("*")))
    # A trailing slash is no reason not to match.
    return re.compile(pattern + "/?")


def normalized(path: str) -> str:
    """A request's path as globs see it: one leading slash, no `..`, `.` or doubled slash, nothing decoded."""
    collapsed = posixpath.normpath("/" + path.lstrip("/"))
    return collapsed if collapsed == "/" or not path.endswith("/") else collapsed + "/"
