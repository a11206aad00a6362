# shellcheck shell=bash
# The command line of a script, held to the script's own header before anything is installed. Sourced by lib.sh, never run.

SHORT_OPTIONS=refused # or passed on, to be judged by the program that they are for
OPERANDS=() # what of the command line is no option and no option's value

# wrong_usage SENTENCE: how every script refuses a command line, with exit code 2.
wrong_usage() {
  printf 'error: %s. See scripts/%s --help\n' "$*" "$(basename "$0")" >&2
  exit 2
}

# check_options ARGUMENT...: each option is one of the header's, and has a value where it takes one. Sets OPERANDS.
check_options() {
  local argument name known value_of="" line=$'\n'
  known=$line$(known_options)$line
  while (($#)); do
    argument=$1 name=${1%%=*} && shift
    if [[ $value_of ]]; then
      [[ $argument && $argument != -* ]] || break
      value_of="" && continue
    fi
    case "$argument" in
      --) OPERANDS+=("$@") && return ;;
      -h | --help) usage && exit ;;
      -[!-]*) [[ $SHORT_OPTIONS == passed ]] || wrong_usage "scripts/$(basename "$0") has no option '$name'" ;;
      --*)
        case "$known" in
          *"$line$name "*) [[ $argument == *=?* ]] || value_of=$name ;;
          *"$line$name$line"*) [[ $argument != *=* ]] || wrong_usage "$name takes no value" ;;
          *) wrong_usage "scripts/$(basename "$0") has no option '$name'" ;;
        esac
        [[ $argument != "$name=" ]] || break
        ;;
      "") wrong_usage "an argument is empty" ;;
      *) OPERANDS+=("$argument") ;;
    esac
  done
  [[ -z $value_of ]] || wrong_usage "$value_of needs a value"
}

# check_only_options ARGUMENT...: the same, for a script that takes nothing but options.
check_only_options() {
  check_options "$@"
  ((${#OPERANDS[@]} == 0)) || wrong_usage "unexpected argument '${OPERANDS[0]}'"
}

# known_options: the options that the header of the script names, one a line; with " X" those that take a value, which
# stands one blank after the option, in capitals. They are looked for in the lines of `Usage:` and in the indented ones.
known_options() {
  usage | LC_ALL=C grep -E '^(Usage:| )' |
    LC_ALL=C grep -oE '(^|[^[:alnum:]-])--?[a-z][a-z-]*( [A-Z]| proj_)?' | sed 's/^[^-]*//'
}
