// @ts-check
// A TURN server stands inside somebody's network. Whatever the form of the address, nobody gets in there through it.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../support/ports.mjs';
import { RelayedCall } from './support/call.mjs';
import { TurnClient } from './support/client.mjs';
import { credential, listeners, relayAddress, startTurn } from './support/server.mjs';

const forbidden = {
  'this network': ['0.0.0.0', '0.1.2.3'],
  loopback: ['127.0.0.1', '127.1.2.3'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.254', '192.168.1.1'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.254'],
  'link-local and metadata': ['169.254.1.1', '169.254.169.254'],
  'protocol assignments': ['192.0.0.1'],
  'documentation and benchmarks': ['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1'],
  multicast: ['224.0.0.1', '239.255.255.250'],
  'reserved and broadcast': ['240.0.0.1', '255.255.255.255'],
  'IPv6 loopback and unspecified': ['::1', '::'],
  'IPv6 link-local, unique local, multicast': ['fe80::1', 'fd00::1', 'fd00:ec2::254', 'ff02::1'],
  'IPv4-mapped': ['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:169.254.169.254'],
  'IPv4-compatible': ['::127.0.0.1', '::10.0.0.1'],
  'IPv4-translated': ['::ffff:0:127.0.0.1'],
  NAT64: ['64:ff9b::127.0.0.1', '64:ff9b::10.0.0.1', '64:ff9b:1::10.0.0.1'],
  '6to4': ['2002:7f00:1::', '2002:a00:1::1', '2002:a9fe:a9fe::1'],
  Teredo: ['2001:0:1:2:3:4:80ff:fffe'],
  documentation: ['2001:db8::1'],
};

/** @type {import('../support/moim.mjs').Moim} */
let moim;
/** @type {RelayedCall} */
let call;
/** @type {TurnClient} */
let client;
/** What listens where a forbidden packet would arrive. @type {dgram.Socket} */
let victim;
let reached = 0;

before(async () => {
  moim = await startTurn();
  call = await RelayedCall.start(listeners(moim).udp, credential);
  client = await TurnClient.connect(listeners(moim).udp, credential());
  await client.allocate();
  victim = dgram.createSocket({ type: 'udp6', ipv6Only: false }).on('message', () => { reached += 1; });
  // Below the range of the relays: ports within it belong to relays, and a datagram for one goes there whoever holds it.
  const [port] = (await freePorts(20)).filter((free) => free < 49_152);
  victim.bind(port, '::');
  await once(victim, 'listening');
});

after(async () => {
  await client?.release();
  victim?.close();
  await moim?.stop();
});

/** An IPv6 peer of an IPv4 allocation may also be refused for its family: RFC 8656 §9.2. @param {string} address */
const refusals = (address) => (address.includes(':') ? [403, 443] : [403]);

for (const [kind, addresses] of Object.entries(forbidden)) {
  test(`no way to ${kind}: ${addresses.join(', ')}`, async () => {
    for (const [index, address] of addresses.entries()) {
      const { port } = victim.address();
      const answers = [await client.permit(address, port), await client.bindChannel(0x4100 + index, address, port)];
      assert.ok(answers.every((code) => refusals(address).includes(code)), `${address}: ${answers}`);
      client.send(address, port, Buffer.from('through'));
      client.sendOn(0x4100 + index, Buffer.from('through'));
    }
    await sleep(50);
    assert.equal(reached, 0, 'a packet came through');
  });
}

test('on the address of the relays, only relays are peers', async () => {
  const { port } = victim.address();
  const ports = { 'somebody else': port, turn: moim.port('turn'), http: moim.port('http'), metrics: moim.port('metrics') };
  const before = (await moim.metrics()).sum('moim_turn_packets_to_peers_total');
  let channel = 0x4200;
  for (const [name, own] of Object.entries(ports)) {
    // A port where no relay is may become one, so these may be granted; what counts is that nothing is sent there.
    const granted = [await client.permit(relayAddress, own), await client.bindChannel(channel, relayAddress, own)];
    assert.ok(granted.every((code) => [0, 403].includes(code)), `${name}: ${granted}`);
    for (let n = 0; n < 200; n += 1) {
      client.send(relayAddress, own, Buffer.from('through'));
      client.sendOn(channel, Buffer.from('through'));
    }
    channel += 1;
  }
  await sleep(100);
  assert.equal(reached, 0, 'a packet came through');
  const relayed = (await moim.metrics()).sum('moim_turn_packets_to_peers_total') - before;
  // The call beside it goes on, with a hundred packets a second; of the 1600 sent here there is none.
  assert.ok(relayed < 400, `${relayed} packets went to peers`);
});

test('the call beside it went on', async () => {
  const { sent, lost } = await call.end();
  assert.ok(sent > 0 && lost <= sent / 100, `lost ${lost} of ${sent}`);
});
