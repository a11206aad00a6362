"""Fuzz one parser, guided by coverage: fuzz.py PARSER FOLDER [libFuzzer's own options].

FOLDER keeps the inputs that were found. Ends with 0, or with the input that raised something.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["voicemint"]):
    from parsers import parsers


def main() -> None:
    name, folder, *options = sys.argv[1:]
    parser = parsers(Path(folder))[name]
    inputs = Path(folder) / "inputs"
    inputs.mkdir()
    for number, example in enumerate(parser.examples):
        (inputs / f"example-{number}").write_bytes(example)
    atheris.Setup([sys.argv[0], str(inputs), *options], parser.parse)
    atheris.Fuzz()


main()
