// The direct door, seen by an unmodified python-socketio: see python_client.py.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { it } from "node:test";

const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const python = process.env.MOIM_PYTHON ?? `${here}/.venv/bin/python`;
const missing = existsSync(python) ? false : "needs python3-venv: apt-get install python3-venv, then tests/direct/run";

it("python-socketio passes every scenario, over each transport", { skip: missing }, () => {
  const { status, stderr } = spawnSync(python, ["-m", "unittest", "python_client"], {
    cwd: here,
    encoding: "utf8",
    timeout: 110_000,
  });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /Ran 29 tests/, "all of them ran");
});
