// @ts-check
// Whoever has no credential leaves no trace in the server's memory.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RelayedCall } from './support/call.mjs';
import { credential, listeners, startTurn } from './support/server.mjs';
import { attr, cls, encode, method } from './support/stun.mjs';

/** @type {import('../support/moim.mjs').Moim} */
let moim;
before(async () => {
  moim = await startTurn();
});
after(() => moim.stop());

function residentKib() {
  const status = readFileSync(`/proc/${moim.pid}/status`, 'utf8');
  return Number(status.match(/VmRSS:\s+(\d+)/)?.[1]);
}

/** Sends Allocates from as many loopback addresses as there are sockets. @param {number} sockets @param {number} each @param {number} network */
async function flood(sockets, each, network) {
  const { port } = listeners(moim).udp;
  let answers = 0;
  for (let n = 0; n < sockets; n += 1) {
    const socket = dgram.createSocket('udp4').on('message', () => { answers += 1; });
    await new Promise((bound) => socket.bind(0, `127.${network}.${n >> 8}.${n & 255}`, () => bound(undefined)));
    for (let k = 0; k < each; k += 1) {
      socket.send(encode(method.allocate, cls.request, [{ type: attr.requestedTransport, value: Buffer.from([17, 0, 0, 0]) }]), port, '127.0.0.1');
    }
    await sleep(1);
    socket.close();
  }
  return answers;
}

test('a flood of Allocates without credentials does not grow the memory', { timeout: 120_000 }, async () => {
  const call = await RelayedCall.start(listeners(moim).udp, credential);
  await flood(500, 10, 20);
  const before = residentKib();
  const answers = await flood(4000, 25, 21);
  const grown = residentKib() - before;
  const { sent, lost } = await call.end();
  console.log(`100 000 Allocates from 4000 addresses: ${answers} answers, ${before} KiB before, ${grown} KiB more after; the call lost ${lost} of ${sent}`);
  assert.ok(answers > 0, 'nothing was answered: the flood did not arrive');
  assert.ok(grown < 1024, `the memory grew by ${grown} KiB`);
  assert.ok(lost <= sent / 50, `the call lost ${lost} of ${sent} packets`);
});
