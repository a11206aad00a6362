# shellcheck shell=bash
# Which functions there are and which of them are current. Sourced after lib.sh and project.sh, never run.

need_gcloud() {
  command -v gcloud >/dev/null || die "gcloud was not found. Install it: https://cloud.google.com/sdk/docs/install"
}

known_functions() { (cd "$ROOT/infra/functions" && printf '%s\n' *.yaml | sed 's/\.yaml$//'); }

check_known() {
  local name
  for name in "$@"; do
    [[ -f $ROOT/infra/functions/$name.yaml ]] ||
      die "there is no function '$name'; expected one of: $(known_functions | paste -sd ' ' -)"
  done
}

# fingerprint FUNCTION...: what its sources, settings and project come to, a line each; nothing else changes it.
fingerprint() { run_python scripts/release/fingerprint.py "$@"; }

# changed_functions FUNCTION...: those that are not live with these sources and settings, one a line. One read.
changed_functions() {
  local name fingerprint live
  live=$(gcloud functions list --v2 --project="$PROJECT_ID" --regions="$REGION" --quiet --verbosity=error \
    --filter="state=ACTIVE" --format="value[separator=' '](name.basename(), labels.voicemint-source)") ||
    die "the deployed functions could not be read; the line above says why"
  fingerprint "$@" | while read -r fingerprint; do
    name=$1 && shift
    grep -qxF "$name $fingerprint" <<<"$live" || echo "$name"
  done
}

# run_release MODULE ARGUMENT...: a command of scripts/release/.
run_release() { PYTHONPATH="$ROOT/scripts:$ROOT/functions" "$PYTHON" -m "release.$1" "${@:2}"; }
