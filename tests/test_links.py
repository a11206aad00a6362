import subprocess
import sys
from pathlib import Path

import pytest

LINKS = Path(__file__).with_name("links.py")
DOCUMENT = """
# A heading, with `code` & signs

[the heading](#a-heading-with-code--signs), [another file](other.md#there), [a folder](folder/),
![a picture](a%20picture.png) and [the web](https://example.com/nowhere).

```md
[not a link](in-code.md)
```

| a | table |
|---|---|
| [of](other.md) | links |

"""


def check(folder: Path, document: str) -> subprocess.CompletedProcess[str]:
    (folder / "folder").mkdir()
    (folder / "a picture.png").touch()
    (folder / "other.md").write_text("## There\n")
    (folder / "document.md").write_text(document)
    return subprocess.run([sys.executable, LINKS, folder / "document.md"], capture_output=True, text=True, check=False)


def test_links_to_files_folders_pictures_headings_and_the_web_are_right(tmp_path: Path) -> None:
    done = check(tmp_path, DOCUMENT)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "link",
    ["[a file](gone.md)", "![a picture](gone.png)", "[a heading](#gone)", "[its heading](other.md#gone)",
     "[a heading of a picture](a%20picture.png#gone)", "| [in](gone.md) | a table |"],
)  # fmt: skip
def test_a_link_that_leads_nowhere_is_named(link: str, tmp_path: Path) -> None:
    done = check(tmp_path, DOCUMENT.rstrip() + f"\n{link}\n")
    assert done.returncode == 1
    [named] = done.stderr.splitlines()[1:]
    assert "document.md: " in named
    assert "gone" in named
