// @ts-check
// The path that a call takes through each kind of router and firewall, found without anybody's help.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meet } from '../browser/support/call.mjs';
import { noChromium, noNamespaces } from '../support/machine.mjs';
import { inLab } from './support/lab.mjs';

const skip = noChromium() || noNamespaces();
const timeout = 120_000;

/** @typedef {import('../browser/support/media.mjs').Media} Media */

/** @param {import('./support/lab.mjs').Lab} lab */
async function call(lab) {
  const [anna, ben] = await Promise.all([lab.person('left', 'Anna'), lab.person('right', 'Ben')]);
  const started = performance.now();
  const { seenByFirst, seenBySecond } = await meet(lab.moim, anna, ben, { within: 40_000 });
  const way = [seenByFirst, seenBySecond].map(({ local }) => `${local?.type}${local?.relayProtocol ? `/${local.relayProtocol}` : ''}`).join(' and ');
  console.log(`both see and hear each other after ${Math.round(performance.now() - started)} ms: ${way}`);
  const relayed = (await lab.moim.metrics()).sum('moim_turn_relayed_bytes_total');
  return { anna: seenByFirst, ben: seenBySecond, relayed };
}

/** A reflexive address may be learnt from the STUN server or from the other side. @param {Media} media */
function isDirect({ local, remote }) {
  for (const end of [local, remote]) assert.ok(['srflx', 'prflx', 'host'].includes(end?.type ?? ''), `${end?.type}`);
}

test('(a) endpoint-independent NATs: the call is direct', { skip, timeout }, () =>
  inLab({ left: 'restricted', right: 'restricted' }, async (lab) => {
    const { anna, ben } = await call(lab);
    isDirect(anna);
    isDirect(ben);
    assert.match(anna.remote?.address ?? '', /^203\.0\.113\.3/, 'through the public address of the other router');
  }));

test('(a) a symmetric NAT and one that filters nothing: the call is direct', { skip, timeout }, () =>
  inLab({ left: 'symmetric', right: 'cone' }, async (lab) => {
    const { anna, ben } = await call(lab);
    isDirect(anna);
    isDirect(ben);
  }));

test('(b) two symmetric NATs: the call is relayed over UDP', { skip, timeout }, () =>
  inLab({ left: 'symmetric', right: 'symmetric' }, async (lab) => {
    const { anna, ben, relayed } = await call(lab);
    const relays = [anna, ben].flatMap(({ local }) => (local?.type === 'relay' ? [local.relayProtocol] : []));
    assert.ok(relays.length > 0, 'neither side relays');
    assert.ok(relays.every((protocol) => protocol === 'udp'), `${relays}`);
    assert.ok(relayed > 10_000, `only ${relayed} bytes were relayed`);
  }));

test('(c) no UDP on one side: the call is relayed over TCP or TLS', { skip, timeout }, () =>
  inLab({ left: 'restricted', right: 'restricted' }, async (lab) => {
    await lab.filter('left', 'no-udp');
    const { anna, relayed } = await call(lab);
    assert.equal(anna.local?.type, 'relay');
    assert.ok(['tcp', 'tls'].includes(anna.local?.relayProtocol ?? ''), anna.local?.relayProtocol);
    assert.ok(relayed > 10_000, `only ${relayed} bytes were relayed`);
  }));

test('(d) only the HTTPS port is open on one side: the call is relayed over TLS on that port', { skip, timeout }, () =>
  inLab({ left: 'symmetric', right: 'symmetric' }, async (lab) => {
    await lab.filter('left', 'https-only');
    const { anna, relayed } = await call(lab);
    assert.equal(anna.local?.type, 'relay');
    assert.equal(anna.local?.relayProtocol, 'tls');
    assert.ok(relayed > 10_000, `only ${relayed} bytes were relayed`);
  }));

test('(d) only the HTTPS port is open on both sides', { skip, timeout }, () =>
  inLab({ left: 'restricted', right: 'restricted' }, async (lab) => {
    await Promise.all([lab.filter('left', 'https-only'), lab.filter('right', 'https-only')]);
    const { anna, ben } = await call(lab);
    for (const { local } of [anna, ben]) assert.equal(local?.relayProtocol, 'tls');
  }));
