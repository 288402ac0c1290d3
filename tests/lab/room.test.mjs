// @ts-check
// A room of three, one of whom is let out by nothing but the HTTPS port.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join } from '../browser/support/call.mjs';
import { mediaOf } from '../browser/support/media.mjs';
import { noChromium, noNamespaces } from '../support/machine.mjs';
import { until } from '../support/wait.mjs';
import { inLab } from './support/lab.mjs';

const skip = noChromium() || noNamespaces();

/** How many frames of each incoming picture were decoded, over all connections of a page. */
async function decoded() {
  /** @type {RTCPeerConnection[]} */
  const connections = /** @type {any} */ (window).observedConnections ?? [];
  const open = connections.filter(({ connectionState }) => connectionState !== 'closed');
  const reports = await Promise.all(open.map((connection) => connection.getStats()));
  const stats = reports.flatMap((report) => [...report.values()]);
  return stats.filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'video').map(({ framesDecoded }) => framesDecoded ?? 0);
}

/** @param {import('../browser/support/chromium.mjs').ChromiumPerson} person */
function seesTwo(person) {
  return until(`${person.name} to see two others`, async () => {
    const frames = await person.evaluate(decoded);
    return frames.filter((count) => count > 20).length >= 2 && frames;
  }, { within: 60_000 });
}

test('who is let out by the HTTPS port alone sees the others in a room, and is seen', { skip, timeout: 180_000 }, () =>
  inLab({ left: 'symmetric', right: 'restricted' }, async (lab) => {
    await lab.filter('left', 'https-only');
    const people = [await lab.person('right', 'Ben'), await lab.person('right', 'Cho'), await lab.person('left', 'Anna')];
    for (const person of people) {
      await person.open(lab.moim.url('/g/meeting'));
      await join(person);
    }
    await Promise.all(people.map(seesTwo));
    const anna = await mediaOf(/** @type {any} */ (people[2]));
    assert.deepEqual([anna?.local?.type, anna?.local?.relayProtocol], ['relay', 'tls']);
    const ben = await mediaOf(/** @type {any} */ (people[0]));
    assert.notEqual(ben?.local?.type, 'relay', 'who can go directly does');
    const metrics = await until('the hand-over to be counted', async () => {
      const now = await lab.moim.metrics();
      return now.sum('moim_turn_packets_to_media_total') > 100 && now.sum('moim_turn_packets_from_media_total') > 100 && now;
    });
    assert.equal(metrics.sum('moim_turn_packets_to_peers_total'), metrics.sum('moim_turn_packets_to_media_total'), 'nothing went through a relay socket');
  }));
