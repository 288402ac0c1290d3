// @ts-check
// Two clients talk through their relays; over each way to the server, every packet arrives.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/wait.mjs';
import { RelayedCall } from './support/call.mjs';
import { credential, listeners, startTurn } from './support/server.mjs';

/** @type {import('../support/moim.mjs').Moim} */
let moim;
before(async () => {
  moim = await startTurn();
});
after(() => moim.stop());

for (const way of /** @type {const} */ (['udp', 'tcp', 'tls', 'https'])) {
  test(`every packet of a relayed call arrives (${way})`, async () => {
    const call = await RelayedCall.start(listeners(moim)[way], credential);
    await sleep(2000);
    const { sent, lost } = await call.end();
    assert.ok(sent >= 100, `only ${sent} packets were sent`);
    assert.equal(lost, 0, `${lost} of ${sent} were lost`);
  });
}

test('allocations are gone when a call has ended', async () => {
  await until('the last allocation to end', async () => (await moim.metrics()).sum('moim_turn_allocations') === 0, { within: 3000 });
});
