// @ts-check
// The path that a call takes through each kind of router and firewall, found without anybody's help.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meet } from '../browser/support/call.mjs';
import { mediaOf } from '../browser/support/media.mjs';
import { noChromium, noNamespaces } from '../support/machine.mjs';
import { until } from '../support/wait.mjs';
import { inLab } from './support/lab.mjs';

const skip = noChromium() || noNamespaces();
const timeout = 120_000;

/** @typedef {import('../browser/support/media.mjs').Media} Media */

/** @param {Media | null} media */
const isRelayed = (media) => [media?.local, media?.remote].some((end) => end?.type === 'relay');

/** @param {Media} media */
const wayOf = ({ local }) => `${local?.type}${local?.relayProtocol ? `/${local.relayProtocol}` : ''}`;

/** @param {import('./support/lab.mjs').Lab} lab */
async function call(lab) {
  const people = await Promise.all([lab.person('left', 'Anna'), lab.person('right', 'Ben')]);
  const started = performance.now();
  const { seenByFirst: anna, seenBySecond: ben } = await meet(lab.moim, people[0], people[1], { within: 40_000 });
  console.log(`both see and hear each other after ${Math.round(performance.now() - started)} ms: ${wayOf(anna)} and ${wayOf(ben)}`);
  const relayed = (await lab.moim.metrics()).sum('moim_turn_relayed_bytes_total');
  return { people, anna, ben, relayed };
}

/** The first path that works may be the relay; a direct one must follow. @param {import('../browser/support/person.mjs').Person[]} people */
function isDirect(people) {
  return Promise.all(people.map((person) =>
    until(`a direct path at ${person.name}`, async () => {
      const media = await mediaOf(person);
      return media?.local && !isRelayed(media) ? media : null;
    })));
}

test('(a) endpoint-independent NATs: the call is direct', { skip, timeout }, () =>
  inLab({ left: 'restricted', right: 'restricted' }, async (lab) => {
    const { people } = await call(lab);
    const [anna] = await isDirect(people);
    assert.match(anna?.remote?.address ?? '', /^203\.0\.113\.3/, 'through the public address of the other router');
  }));

test('(a) a symmetric NAT and one that filters nothing: the call is direct', { skip, timeout }, () =>
  inLab({ left: 'symmetric', right: 'cone' }, async (lab) => {
    const { people } = await call(lab);
    await isDirect(people);
  }));

test('(b) two symmetric NATs: the call is relayed over UDP', { skip, timeout }, () =>
  inLab({ left: 'symmetric', right: 'symmetric' }, async (lab) => {
    const { anna, ben, relayed } = await call(lab);
    assert.ok(isRelayed(anna) && isRelayed(ben), 'the call is not relayed');
    const relays = [anna, ben].flatMap(({ local }) => (local?.type === 'relay' ? [local.relayProtocol] : []));
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
