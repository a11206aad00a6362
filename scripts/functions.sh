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
fingerprint() { run_python scripts/common/fingerprint.py "$@"; }

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

# refuse_foreign ADOPTED FUNCTION...: die where something of that name is there without our label. ADOPTED names, between
# blanks, the functions that may be taken over all the same.
refuse_foreign() {
  local name there found foreign="" adopted=$1
  there=$(labelled "name.basename(), labels" functions list --v2 --regions="$REGION" &&
    labelled "metadata.name, metadata.labels" run services list --region="$REGION") ||
    die "what is deployed could not be read; the line above says why"
  for name in "${@:2}"; do
    grep -qE "^(functions|run)/$name [^ ]" <<<"$there" && continue # Google gives a function's labels to its service too
    found=$(sed -n "s|^functions/$name .*|function/$name|p; s|^run/$name .*|service/$name|p" <<<"$there" | head -1)
    [[ -z $found || $adopted == *" $found "* ]] || foreign+=" $found"
  done
  [[ -z $foreign ]] ||
    die "Voicemint did not make what is there under these names, and does not deploy over it:$foreign. Nothing was" \
      "changed. Rename or delete it, or, if a function may be replaced: --adopt function/NAME"
}

# labelled KEYS GROUP COMMAND...: a line for each thing in the project: GROUP/NAME, a blank, our label or nothing.
labelled() {
  gcloud "${@:2}" --project="$PROJECT_ID" --quiet --verbosity=error \
    --format="value[separator=' ']($1.voicemint-source)" | LC_ALL=C sed "s|^|$2/|; s|\$| |; s|  *| |g"
}

# run_release MODULE ARGUMENT...: a command of scripts/release/.
run_release() { PYTHONPATH="$ROOT/scripts:$ROOT/functions" "$PYTHON" -m "release.$1" "${@:2}"; }

# refuse_strangers [CHANNEL]: die if Voicemint did not make what a release to there would write over. ADOPT as options.
refuse_strangers() { run_release strangers ${1:+"--channel=$1"} ${ADOPT[@]+"${ADOPT[@]}"}; }
