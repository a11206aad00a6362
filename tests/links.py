"""Check the documents' relative links: every file, image and heading that they name exists.

Addresses on the web are left alone, so this needs no network.

Usage: links.py [file...]      without one: every Markdown file that git tracks or would track
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[1]
MARKDOWN = MarkdownIt("commonmark").enable("table")
NOT_IN_AN_ANCHOR = re.compile(r"[^\w\- ]")


def main(arguments: Sequence[str]) -> str | None:
    """None, or a line for each broken link."""
    files = [Path(argument) for argument in arguments] or tracked()
    if broken := [f"{file}: {link}" for file in files for link in broken_links(file)]:
        return "These links lead nowhere:\n" + "\n".join(broken)
    print(f"{len(files)} documents, every relative link leads somewhere")
    return None


def tracked() -> list[Path]:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    return [ROOT / name for name in subprocess.check_output(listed, cwd=ROOT, text=True).splitlines()]


def broken_links(file: Path) -> Iterator[str]:
    for link in links(file):
        parts = urlsplit(link)
        target = file.parent / unquote(parts.path) if parts.path else file
        if not parts.scheme and not (target.exists() and has_anchor(target, parts.fragment)):
            yield link


def links(file: Path) -> Iterator[str]:
    for token in tokens(file):
        for child in token.children or []:
            if address := child.attrGet("href") or child.attrGet("src"):
                yield str(address)


def has_anchor(file: Path, anchor: str) -> bool:
    return not anchor or (file.suffix == ".md" and anchor in anchors(file))


def anchors(file: Path) -> set[str]:
    """As GitHub makes them from headings."""
    return {NOT_IN_AN_ANCHOR.sub("", heading.lower()).replace(" ", "-") for heading in headings(file)}


def headings(file: Path) -> Iterator[str]:
    for before, token in pairwise(tokens(file)):
        if before.type == "heading_open":
            yield "".join(child.content for child in token.children or [] if child.type in ("text", "code_inline"))


def tokens(file: Path) -> list[Token]:
    return MARKDOWN.parse(file.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
