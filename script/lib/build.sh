# shellcheck shell=bash
# Building: the npm packages, the web app, the binary. Each step is left out when nothing it reads has changed.

hash_of() { sha256sum | cut -c1-32; }

# One line that changes when any tracked or new file below the folder does.
sources_hash() {
  git ls-files -z --cached --others --exclude-standard -- "$1" \
    | xargs -0 -r sha256sum 2>/dev/null | hash_of
}

# npm_packages FOLDER: what the lock file names, when it is not what was last installed.
# `npm ci` is exact, but refuses a lock file made where a registry lacks the packages of other platforms; `npm install
# --no-save` takes the same locked versions and adds what is missing.
npm_packages() {
  local stamp="$1/node_modules/.moim-lock" lock flags=(--no-audit --no-fund --loglevel=error)
  lock=$(hash_of <"$1/package-lock.json")
  [ "$(cat "$stamp" 2>/dev/null)" = "$lock" ] && return 0
  say "npm packages of $1"
  npm ci --prefix "$1" "${flags[@]}" 2>/dev/null \
    || npm install --no-save --prefix "$1" "${flags[@]}" \
    || stop "The npm packages of $1 could not be installed: is the npm registry reachable?"
  printf '%s' "$lock" >"$stamp"
}

build_web() {
  local stamp=web/node_modules/.moim-dist sources
  npm_packages web
  sources=$(sources_hash web)
  [ -f web/dist/index.html ] && [ "$(cat "$stamp" 2>/dev/null)" = "$sources" ] && return 0
  say "building the web app"
  npm run --prefix web --silent build
  printf '%s' "$sources" >"$stamp"
}

# build_moim release|debug
build_moim() {
  local flags=()
  [ "$1" = release ] && flags=(--release)
  say "building moim ($1)"
  cargo build --locked -q -p moim-server --bin moim "${flags[@]}"
}
