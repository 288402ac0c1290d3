// @ts-check
// Ten thousand spoilt messages at every listener, while a call runs through the same server.
import assert from 'node:assert/strict';
import net from 'node:net';
import tls from 'node:tls';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RelayedCall } from './support/call.mjs';
import { TurnClient } from './support/client.mjs';
import { mutant } from './support/mutate.mjs';
import { randomFrom, seed } from './support/random.mjs';
import { credential, listeners, startTurn } from './support/server.mjs';

/** @type {import('../support/moim.mjs').Moim} */
let moim;
before(async () => {
  console.log(`MOIM_TEST_SEED=${seed}`);
  moim = await startTurn();
});
after(() => moim.stop());

/** Runs something while a call runs, and fails if the call or the server suffered. @param {() => Promise<void>} attack */
async function besidesACall(attack) {
  const call = await RelayedCall.start(listeners(moim).udp, credential);
  const { sent, lost } = await attack().then(() => call.end(), async (error) => {
    await call.end();
    throw error;
  });
  console.log(`the call beside it lost ${lost} of ${sent} packets`);
  assert.ok(moim.running, 'the server has ended');
  assert.ok(sent > 0);
  assert.ok(lost <= sent / 100, `the call lost ${lost} of ${sent} packets`);
}

/** @param {TurnClient} client @param {number} count @param {import('./support/random.mjs').Random} random */
async function sendMutants(client, count, random) {
  for (let n = 0; n < count; n += 1) {
    client.raw(mutant(random));
    if (n % 50 === 49) await sleep(10);
  }
}

test('10 000 mutated datagrams from a stranger do no harm', { timeout: 60_000 }, () =>
  besidesACall(async () => {
    const stranger = await TurnClient.connect(listeners(moim).udp, credential());
    await sendMutants(stranger, 10_000, randomFrom(seed));
    stranger.close();
  }));

test('mutated datagrams from a client with an allocation do no harm', { timeout: 60_000 }, () =>
  besidesACall(async () => {
    const client = await TurnClient.connect(listeners(moim).udp, credential());
    await client.allocate();
    await sendMutants(client, 3000, randomFrom(seed + 1));
    assert.equal(await client.permit('10.0.0.1'), 403, 'the allocation still answers');
    await client.release();
  }));

/** Opens a connection, sends spoilt messages until the server hangs up, and ends. */
function spoiltConnection(/** @type {import('./support/wire.mjs').Server} */ server, /** @type {Buffer} */ bytes) {
  return new Promise((resolve) => {
    const { host, port } = server;
    const socket = server.transport === 'tls'
      ? tls.connect({ host, port, rejectUnauthorized: false }, () => socket.end(bytes))
      : net.connect({ host, port }, () => socket.end(bytes));
    socket.resume().on('error', () => {}).on('close', resolve);
    setTimeout(() => socket.destroy(), 2000).unref();
  });
}

for (const name of /** @type {const} */ (['tcp', 'tls', 'https'])) {
  test(`mutated messages on connections (${name}) do no harm`, { timeout: 120_000 }, () =>
    besidesACall(async () => {
      const random = randomFrom(seed + name.length);
      for (let round = 0; round < 15; round += 1) {
        const connections = Array.from({ length: 20 }, () =>
          spoiltConnection(listeners(moim)[name], Buffer.concat(Array.from({ length: 10 }, () => mutant(random)))));
        await Promise.all(connections);
      }
    }));
}
