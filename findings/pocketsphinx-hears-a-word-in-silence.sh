#!/usr/bin/env bash
# pocketsphinx: digital silence is recognized as a word.
#
# The English model that comes with the package finds a word in samples that are all zero, for one second as for four.
# A program that transcribes turns has to check for sound before it asks.
#
# Usage: findings/pocketsphinx-hears-a-word-in-silence.sh
set -euo pipefail

main() {
  local folder
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder is known now and is gone with this function
  trap "rm -rf '$folder'" EXIT
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check pocketsphinx==5.1.1
  "$folder/bin/python" - <<'PYTHON'
from importlib.metadata import version

from pocketsphinx import Decoder

decoder = Decoder(samprate=16000, loglevel="FATAL")
seen = {}
for seconds in (1, 2, 4):
    decoder.start_utt()
    decoder.process_raw(bytes(2 * 16000 * seconds), no_search=False, full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    seen[seconds] = found.hypstr if found else ""
print("pocketsphinx", version("pocketsphinx"))
print("expected: no words in silence")
print("seen:    ", seen)
assert all(seen.values()), "this has changed"
PYTHON
}

main "$@"
