// Spoilt datagrams at the media port, many more than the ordinary tests have time for: before anything is proven, and inside
// connections that are let in. The tests are those of the crate; here they only run longer.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { measured } from './support/figures.mjs';

const datagrams = 1_000_000;
const root = new URL('../..', import.meta.url).pathname;

test(`${datagrams} spoilt datagrams of each kind break nothing`, { timeout: 3_600_000 }, () => {
  const from = performance.now();
  const { status, stdout, stderr } = spawnSync(
    'cargo',
    ['test', '--locked', '-q', '--workspace', '--test', 'scenarios', 'hostile::malformed'],
    { cwd: root, env: { ...process.env, MOIM_MALFORMED: String(datagrams) }, encoding: 'utf8' },
  );
  const holds = status === 0 && /\b3 passed/u.test(stdout);
  const minutes = ((performance.now() - from) / 60_000).toFixed(1);
  measured(
    `${datagrams} spoilt datagrams: from strangers and under a participant's address; as RTP and RTCP, and as SCTP, that are authentic`,
    'no connection but the attacker\'s own ends, and two who talk meanwhile lose nothing',
    `${holds ? 'so it was' : 'not so'}, in ${minutes} min with the building`,
    holds,
  );
  assert.ok(holds, `${stdout}\n${stderr}`);
});
