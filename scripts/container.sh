# shellcheck shell=bash
# What a build runs without its account. Sourced, never run: `source scripts/container.sh`.

# Where Google tells an account's token, as bash's /dev/tcp takes it.
METADATA=${METADATA:-169.254.169.254/80}

# in_container IMAGE FOLDER COMMAND: run it on a copy of this folder, where no account's token is to be had. Afterwards
# FOLDER is what the copy has of it; nothing else comes back, and nothing at all where FOLDER is empty.
#
# Cloud Build gives a step its account by way of a network of its own. A container that a step makes is in another one.
in_container() {
  local container
  container=$(docker create --entrypoint=bash --workdir=/copy "$1" -c "set -euo pipefail
    $(declare -f refuse_an_account)
    refuse_an_account $METADATA '$PROJECT_ID'
    $3")
  docker cp ./. "$container:/copy"
  docker start --attach "$container"
  if [[ $2 ]]; then take_back "$container" "$2"; fi
  docker rm "$container" >/dev/null
}

# take_back CONTAINER FOLDER: a link could lead to what a later step can read and the container could not.
take_back() {
  rm -rf "$2"
  docker cp "$1:/copy/$2" "$2"
  if [[ -L $2 || $(find "$2" ! -type f ! -type d) ]]; then
    echo "error: $2 came back with something else than files and folders" >&2
    rm -rf "$2"
    exit 1
  fi
}

# refuse_an_account METADATA PROJECT_ID: in the container, before anything else runs there.
refuse_an_account() {
  local answer question='GET /computeMetadata/v1/instance/service-accounts/default/email HTTP/1.0\r\n'
  question+="Host: ${1%/*}\\r\\nMetadata-Flavor: Google\\r\\n\\r\\n"
  answer=$(timeout 5 bash -c "exec 3<>/dev/tcp/$1 && printf '$question' >&3 && cat <&3" 2>/dev/null) || true
  if [[ $answer == *"@$2.iam.gserviceaccount.com"* ]]; then
    echo "error: this container can act as an account of the project $2: what npm and pip bring is not run in it" >&2
    exit 1
  fi
}
