// @ts-check
// coturn's own TURN client: every message it sends must come back, over each transport and with each kind of credential.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { noCoturnTools } from '../support/machine.mjs';
import { freePorts } from '../support/ports.mjs';
import { readReport, runTool, startPeer } from './support/coturn.mjs';
import { secret, startTurn, user } from './support/server.mjs';

const skip = noCoturnTools();
/** @type {import('../support/moim.mjs').Moim} */
let moim;
/** @type {{ stop(): void }} */
let peer;
let peerPort = 0;

before(async () => {
  if (skip) return;
  [peerPort = 0] = await freePorts(1);
  peer = await startPeer(peerPort);
  moim = await startTurn({ turn: { peers: { allow: ['127.0.0.0/8'] } } });
});
after(async () => {
  peer?.stop();
  await moim?.stop();
});

const transports = [
  { name: 'UDP', listener: 'turn', flags: [] },
  { name: 'TCP', listener: 'turn', flags: ['-t'] },
  { name: 'TLS', listener: 'turns', flags: ['-t', '-S'] },
  { name: 'TLS on the HTTPS port', listener: 'https', flags: ['-t', '-S'] },
];

const credentials = [
  { name: 'a user from the configuration', flags: ['-u', user.user, '-w', user.password] },
  { name: 'a time-limited credential', flags: ['-u', 'guest', '-W', secret] },
];

const methods = [
  { name: 'from client to client over channels', flags: () => ['-y'] },
  { name: 'from client to client with Send indications', flags: () => ['-y', '-s'] },
  { name: 'to a peer and back', flags: () => ['-e', '127.0.0.1', '-r', String(peerPort)] },
];

/** @param {string[]} flags @param {string} listener */
async function everythingComesBack(flags, listener) {
  const { code, output } = await runTool('turnutils_uclient', [...flags, '-p', String(moim.port(listener)), '-m', '2', '-n', '50', '-l', '300', '-c', '127.0.0.1']);
  assert.equal(code, 0, output);
  const report = readReport(output);
  assert.ok(report.sent >= 100, `only ${report.sent} messages were sent:\n${output}`);
  assert.deepEqual({ received: report.received, lost: report.lost }, { received: report.sent, lost: 0 }, output);
}

for (const transport of transports) {
  for (const credential of credentials) {
    for (const method of methods) {
      test(`turnutils_uclient over ${transport.name}, ${credential.name}, ${method.name}`, { skip }, () =>
        everythingComesBack([...transport.flags, ...credential.flags, ...method.flags()], transport.listener));
    }
  }
}

test('turnutils_uclient with a wrong password gets no allocation', { skip }, async () => {
  const { code, output } = await runTool('turnutils_uclient', ['-u', user.user, '-w', 'wrong', '-p', String(moim.port('turn')), '-y', '-m', '1', '-n', '1', '-c', '127.0.0.1']);
  assert.notEqual(code, 0, output);
});
