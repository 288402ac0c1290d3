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

const channels = { name: 'from client to client over channels', flags: () => ['-y'] };
const sends = { name: 'from client to client with Send indications', flags: () => ['-y', '-s'] };
const echo = { name: 'to a peer and back', flags: () => ['-e', '127.0.0.1', '-r', String(peerPort)] };

const configured = { name: 'a user from the configuration', flags: ['-u', user.user, '-w', user.password] };
const limited = { name: 'a time-limited credential', flags: ['-u', 'guest', '-W', secret] };

/**
 * This uclient reads one TLS record for each time its socket becomes readable, so a few messages may still be in its buffer
 * when it stops waiting, the more the busier the machine: against coturn's own server it reports the same. Over TLS half may be missing;
 * relayed-call.test.mjs counts every packet.
 */
const tls = { flags: ['-t', '-S'], unread: 0.5, combinations: [[configured, channels], [limited, echo]] };
const whole = { unread: 0, combinations: [configured, limited].flatMap((credential) => [channels, sends, echo].map((method) => [credential, method])) };

const transports = [
  { name: 'UDP', listener: 'turn', flags: [], ...whole },
  { name: 'TCP', listener: 'turn', flags: ['-t'], ...whole },
  { name: 'TLS', listener: 'turns', ...tls },
  { name: 'TLS on the HTTPS port', listener: 'https', ...tls },
];

for (const { name, listener, flags, unread, combinations } of transports) {
  for (const [credential, method] of /** @type {[typeof configured, typeof channels][]} */ (combinations)) {
    test(`turnutils_uclient over ${name}, ${credential.name}, ${method.name}`, { skip }, async () => {
      const all = [...flags, ...credential.flags, ...method.flags(), '-p', String(moim.port(listener)), '-m', '2', '-n', '50', '-l', '300', '-c', '127.0.0.1'];
      const { code, output } = await runTool('turnutils_uclient', all);
      assert.equal(code, 0, output);
      const { sent, received, lost } = readReport(output);
      assert.ok(sent >= 100, `only ${sent} messages were sent:\n${output}`);
      assert.equal(received + lost, sent, output);
      assert.ok(lost <= sent * unread, `${lost} of ${sent} messages did not come back:\n${output}`);
    });
  }
}

test('turnutils_uclient with a wrong password gets no allocation', { skip }, async () => {
  const { code, output } = await runTool('turnutils_uclient', ['-u', user.user, '-w', 'wrong', '-p', String(moim.port('turn')), '-y', '-m', '1', '-n', '1', '-c', '127.0.0.1']);
  assert.notEqual(code, 0, output);
});
