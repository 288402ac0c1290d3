// @ts-check
// `moim check` against a running server, as an operator would call it: the same configuration, from outside in.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { bareEnvironment, moimBinary, startMoim } from '../support/moim.mjs';

test('moim check finds everything of a running server in order', async () => {
  const moim = await startMoim();
  try {
    const { status, stdout, stderr } = spawnSync(moimBinary(), ['check', '--dev', '--config', path.join(moim.folder, 'moim.toml')], { encoding: 'utf8', env: bareEnvironment(), timeout: 60_000 });
    console.log(stdout);
    assert.equal(status, 0, `${stdout}${stderr}`);
    for (const row of [/STUN/, /TURN.*UDP|UDP.*TURN/i, /TURN.*TCP|TCP.*TURN/i, /TURN.*TLS|TLS.*TURN/i, /certificate/i]) assert.match(stdout, row);
  } finally {
    await moim.stop();
  }
});
