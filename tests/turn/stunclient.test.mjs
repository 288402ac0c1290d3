// @ts-check
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { noCoturnTools } from '../support/machine.mjs';
import { runTool } from './support/coturn.mjs';
import { startTurn } from './support/server.mjs';

const skip = noCoturnTools();
/** @type {import('../support/moim.mjs').Moim} */
let moim;
before(async () => {
  if (!skip) moim = await startTurn();
});
after(() => moim?.stop());

test('turnutils_stunclient learns its own address over UDP', { skip }, async () => {
  const { code, output } = await runTool('turnutils_stunclient', ['-p', String(moim.port('turn')), '127.0.0.1']);
  assert.equal(code, 0, output);
  assert.match(output, /UDP reflexive addr: 127\.0\.0\.1:\d+/);
});
