# shellcheck shell=bash
# Rust and Node.js: what is there is used if it is new enough, otherwise it is installed where that is possible.

node_wanted=20.19

cargo_version() { cargo --version 2>/dev/null | awk '{print $2}'; }

need_rust() {
  local wanted
  wanted=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' Cargo.toml)
  command -v cargo >/dev/null 2>&1 || PATH=$PATH:$HOME/.cargo/bin
  version_at_least "$wanted" "$(cargo_version)" && return 0
  say "Rust $wanted or newer is needed (found: $(cargo_version || true))"
  command -v rustup >/dev/null 2>&1 || { can_install && apt_install rustup 2>/dev/null; } || true
  if command -v rustup >/dev/null 2>&1; then
    say "installing the stable Rust toolchain"
    if rustup toolchain install stable --profile minimal --component clippy --component rustfmt; then rustup default stable; fi
    hash -r
  fi
  version_at_least "$wanted" "$(cargo_version)" \
    || stop "Rust $wanted or newer is needed: install it as https://rustup.rs says, and run this again."
}

node_version() { node --version 2>/dev/null | tr -d v; }

need_node() {
  [ -x .tools/node_modules/.bin/node ] && PATH=$root/.tools/node_modules/.bin:$PATH
  version_at_least "$node_wanted" "$(node_version)" && command -v npm >/dev/null 2>&1 && return 0
  need_packages node=nodejs npm=npm
  if ! version_at_least "$node_wanted" "$(node_version)"; then
    say "Node.js $(node_version) is too old: putting a newer one into .tools"
    npm install --prefix .tools --no-audit --no-fund --loglevel=error node@22 || true
    PATH=$root/.tools/node_modules/.bin:$PATH
    hash -r
  fi
  version_at_least "$node_wanted" "$(node_version)" \
    || stop "Node.js $node_wanted or newer is needed: install it as https://nodejs.org says, and run this again."
}
