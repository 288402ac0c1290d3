# shellcheck shell=bash
# Building: the npm packages, the web app, the binary. Each step is left out when nothing it reads has changed.

hash_of() { sha256sum | cut -c1-32; }

# One line that changes when any tracked or new file below the folder does.
sources_hash() {
  git ls-files -z --cached --others --exclude-standard -- "$1" \
    | xargs -0 -r sha256sum 2>/dev/null | hash_of
}

# npm_packages FOLDER: `npm ci`, when the lock file is not the one last installed.
npm_packages() {
  local stamp="$1/node_modules/.moim-lock" lock
  lock=$(hash_of <"$1/package-lock.json")
  [ "$(cat "$stamp" 2>/dev/null)" = "$lock" ] && return 0
  say "npm packages of $1"
  npm ci --prefix "$1" --no-audit --no-fund --loglevel=error \
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
  cargo build --locked -q --workspace --bin moim "${flags[@]}"
}
