"""Where an object lies in the bucket's folder: names a person recognises, and none that escapes the folder.

An object name is any text with slashes. On disk its segments are folders and one file, with two rules:
a folder's name never holds a dot and a file's always does, so `a` and `a/b` can both exist (`a.` and `a/b`);
and no name starts with a dot, so `..` cannot be said and hidden files are free for metadata.
What cannot stand as it is becomes %XX; a segment too long for a file system ends in its SHA-256.
"""

import hashlib
from pathlib import PurePosixPath

MAX_NAME_BYTES = 1024
MAX_SEGMENT_BYTES = 200
KEPT_OF_A_LONG_SEGMENT = 100
UNSAFE = frozenset('%\\:*?"<>|')


def name_problem(name: str) -> str | None:
    """Why Cloud Storage refuses this object name, or None."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "is not UTF-8"
    if not 1 <= size <= MAX_NAME_BYTES:
        return f"has {size} bytes; 1 to {MAX_NAME_BYTES} are allowed"
    if "\r" in name or "\n" in name:
        return "contains a line break"
    if name in (".", ".."):
        return "is '.' or '..'"
    return None


def data_path(name: str) -> PurePosixPath:
    """The file of an object, relative to its bucket's folder."""
    *folders, last = name.split("/")
    return PurePosixPath(*map(_folder, folders), _file(last))


def metadata_path(name: str) -> PurePosixPath:
    """The hidden file beside it that holds the object's metadata."""
    path = data_path(name)
    return path.with_name(f".{path.name}.json")


def folder_path(prefix: str) -> PurePosixPath:
    """The deepest folder that holds every object whose name starts with `prefix`."""
    *folders, _ = prefix.split("/")
    return PurePosixPath(*map(_folder, folders))


def _folder(segment: str) -> str:
    return _shortened(_escaped(segment).replace(".", "%2E")) or "%"


def _file(segment: str) -> str:
    escaped = _escaped(segment)
    if escaped.startswith("."):
        escaped = "%2E" + escaped[1:]
    if escaped.endswith("."):
        escaped = escaped[:-1] + "%2E"
    shortened = _shortened(escaped) or "%"
    return shortened if "." in shortened else shortened + "."


def _escaped(segment: str) -> str:
    return "".join(
        character if character.isprintable() and character not in UNSAFE else _percent(character)
        for character in segment
    )


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def _shortened(segment: str) -> str:
    if len(segment.encode()) <= MAX_SEGMENT_BYTES:
        return segment
    kept = segment.encode()[:KEPT_OF_A_LONG_SEGMENT].decode(errors="ignore")
    return f"{kept}%{hashlib.sha256(segment.encode()).hexdigest()}"
