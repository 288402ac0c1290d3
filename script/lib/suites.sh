# shellcheck shell=bash
# The suites of `script/test`, in the order in which they run.

# Read by script/test; script/chaos takes single suites.
# shellcheck disable=SC2034
suites=(lint web cargo operations direct livekit turn browser lab)

suite_lint() {
  check 'formatting' cargo fmt --all --check
  check 'clippy' cargo clippy --locked -q --workspace --all-targets -- -D warnings
  RUSTDOCFLAGS='-D warnings' check 'rustdoc' cargo doc --locked -q --workspace --no-deps --document-private-items
  if [ -f deny.toml ]; then
    if ! command -v cargo-deny >/dev/null 2>&1; then
      say 'installing cargo-deny, once: about three minutes'
      cargo install --locked -q cargo-deny || true
    fi
    if command -v cargo-deny >/dev/null 2>&1; then
      # Advisories need a database from elsewhere; these three need nothing but the lock file.
      check 'dependencies' cargo deny --offline check --hide-inclusion-graph bans licenses sources
    else
      skip 'dependencies' 'cargo-deny could not be installed: cargo install --locked cargo-deny'
    fi
  fi
  if command -v shellcheck >/dev/null 2>&1; then
    check 'shell scripts' shellcheck -x -a script/run script/test script/bench script/fuzz script/chaos .ci/run tests/lab/*.sh
  fi
}

suite_web() {
  npm_packages tests
  check 'types of the tests' npm run --prefix tests --silent check
  npm_packages web
  check 'web checks' npm run --prefix web --silent check
  counted read_vitest npm test --prefix web --silent
}

suite_cargo() {
  counted read_cargo cargo test --locked -q --workspace --no-fail-fast
}

# The binary under test: the workspace's own debug build, unless MOIM_BIN names another.
need_moim() {
  build_web
  if [ -z "${MOIM_BIN:-}" ]; then
    build_moim debug
    export MOIM_BIN=$target_dir/debug/moim
  fi
  npm_packages tests
}

# The load generator, whose `impair` is the bad network of the tests: built beside moim, unless MOIM_BENCH names one.
need_bench() {
  [ -z "${MOIM_BENCH:-}" ] || return 0
  say 'building moim-bench (debug)'
  cargo build --locked -q --workspace --bin moim-bench
  export MOIM_BENCH=$target_dir/debug/moim-bench
}

node_tests() {
  need_moim
  counted read_node node --test --test-concurrency=1 --test-force-exit --test-reporter=spec "$@"
}

suite_direct() {
  need_moim
  if [ -x tests/direct/run ]; then counted read_node tests/direct/run; else node_tests tests/direct/*.test.mjs; fi
}

suite_livekit() {
  need_moim
  need_bench
  counted read_node tests/livekit/run
}

suite_operations() { node_tests tests/operations/*.test.mjs; }

suite_turn() { node_tests tests/turn/*.test.mjs; }

suite_browser() { node_tests tests/browser/*.test.mjs; }

suite_lab() { node_tests tests/lab/*.test.mjs; }
