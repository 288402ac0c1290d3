# shellcheck shell=bash
# What every script shares: where the repository is, how it speaks, how it gives up.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
# shellcheck disable=SC2034 # read by the scripts
target_dir=${CARGO_TARGET_DIR:-$root/target}

say() { printf '· %s\n' "$*"; }

# Gives up with one sentence that says what to do.
stop() {
  printf '%s\n' "$*" >&2
  exit 1
}

# version_at_least WANTED FOUND: compares dotted versions.
version_at_least() {
  [ -n "${2:-}" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

# Whether this is a run in continuous integration, where nothing may be left out.
in_ci() { [ -n "${CI:-}" ] && [ "$CI" != false ]; }
