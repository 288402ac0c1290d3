# shellcheck shell=bash
# Counting: each suite appends `passed failed skipped` lines to one file, and the last line of all is their sum.

counts_dir=$(mktemp -d)
trap 'rm -rf "$counts_dir"' EXIT
counts=$counts_dir/counts
: >"$counts"

count() { printf '%d %d %d\n' "$1" "$2" "$3" >>"$counts"; }

# check NAME COMMAND…: one command that counts as one test.
check() {
  local name=$1
  shift
  if "$@"; then
    printf '✔ %s\n' "$name"
    count 1 0 0
  else
    printf '✖ %s: %s\n' "$name" "$*"
    count 0 1 0
  fi
}

skip() {
  printf '﹣ %s: skipped, %s\n' "$1" "$2"
  count 0 0 1
}

# Runs a command whose output says how many tests ran, shows it, and lets COUNTER read it.
counted() {
  local counter=$1 log status=0
  shift
  log=$(mktemp -p "$counts_dir")
  "$@" 2>&1 | tee "$log" || status=$?
  "$counter" "$log" "$status"
}

# The summaries of cargo's test runner, one for each binary; a build that fails prints none.
read_cargo() {
  local p f s
  read -r p f s < <(awk '/^test result:/ {p+=$4; f+=$6; s+=$8} END {print p+0, f+0, s+0}' "$1")
  [ "$2" = 0 ] || [ "$f" -gt 0 ] || f=1
  count "$p" "$f" "$s"
}

# The summary of node's test runner; cancelled tests have failed.
read_node() {
  local p f s
  read -r p f s < <(sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    $1 ~ /^(#|ℹ)$/ && $2 == "pass" {p += $3}
    $1 ~ /^(#|ℹ)$/ && ($2 == "fail" || $2 == "cancelled") {f += $3}
    $1 ~ /^(#|ℹ)$/ && ($2 == "skipped" || $2 == "todo") {s += $3}
    END {print p+0, f+0, s+0}')
  [ "$2" = 0 ] || [ "$f" -gt 0 ] || f=1
  [ $((p + f + s)) -gt 0 ] || f=1
  count "$p" "$f" "$s"
}

# The summary of vitest: `Tests  1 failed | 20 passed | 2 skipped (23)`.
read_vitest() {
  local line p f s
  line=$(sed 's/\x1b\[[0-9;]*m//g' "$1" | grep -E '^ *Tests ' | tail -n 1 || true)
  p=$(grep -oE '[0-9]+ passed' <<<"$line" | cut -d' ' -f1 || true)
  f=$(grep -oE '[0-9]+ failed' <<<"$line" | cut -d' ' -f1 || true)
  s=$(grep -oE '[0-9]+ (skipped|todo)' <<<"$line" | awk '{s += $1} END {print s+0}' || true)
  [ "$2" = 0 ] || [ "${f:-0}" -gt 0 ] || f=1
  [ -n "$line" ] || f=1
  count "${p:-0}" "${f:-0}" "$s"
}

# Prints the last line; fails when a test failed, or was skipped where none may be.
total() {
  local p f s
  read -r p f s < <(awk '{p += $1; f += $2; s += $3} END {print p+0, f+0, s+0}' "$counts")
  if in_ci && [ "$s" -gt 0 ]; then
    say "in CI a skipped test is a failure"
    printf '%d passed, %d failed, %d skipped\n' "$p" "$f" "$s"
    return 1
  fi
  printf '%d passed, %d failed, %d skipped\n' "$p" "$f" "$s"
  [ "$f" = 0 ]
}
