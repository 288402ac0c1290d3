// A member's network changes under her: another device, address and way, as from Wi-Fi to a mobile network.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { linked } from '../livekit/support/linked.mjs';
import { until } from '../support/wait.mjs';
import { countsBetween, everybodySeesEverybody, gather, mediaBack, noGhosts, nobodyMoved } from './support/company.mjs';
import { measured } from './support/figures.mjs';

/** @param {any} scene @param {'single' | 'dual'} mode @param {number} gap milliseconds between the networks */
async function move(scene, mode, gap) {
  const { anna, company, all, sids } = await gather(scene, { mode, names: ['ben'], settings: 'delay_ms=10' });
  await scene.links.plug('anna', 'lte', 'delay_ms=30');
  const since = await Promise.all(company.map((one) => one.now()));
  const own = await anna.now();
  if (gap > 0) {
    await scene.links.use('anna', 'none');
    await sleep(gap);
  }
  await scene.links.use('anna', 'lte');
  const moved = performance.now();
  // What was on its way is no sign of life.
  await sleep(150);
  const counts = await countsBetween(anna, company[0]);
  const { took, words: each } = await mediaBack(anna, company[0], counts, moved);
  await everybodySeesEverybody(all);
  await until('Anna to be connected', async () => (await anna.ask('self')).connected, { within: 30_000 });
  const heard = (await anna.ask('events', { since: own })).map(({ name }) => name).filter((name) => /econnect/.test(name));
  const same = (await anna.ask('self')).sid === sids.get('anna');
  return { all, company, sids, since, took, each, same, heard };
}

const words = ({ same, each, heard }) => `${same ? 'the same participant' : 'another participant'}, ${each} (${heard.join(', ') || 'the client says nothing of it'})`;

for (const mode of /** @type {const} */ (['single', 'dual'])) {
  linked(`media is back when a network comes after another, and nobody notices (${mode} connection)`, async (scene) => {
    const moved = await move(scene, mode, 1500);
    measured(`another network, after 1.5 s without one (${mode})`, 'the same participant, media within 3 s', words(moved), moved.same && moved.took <= 3000);
    assert.ok(moved.same, 'another participant');
    await nobodyMoved(moved.company, moved.since);
    await noGhosts(moved.all, moved.sids);
    assert.ok(moved.took <= 3000, `media after ${moved.took} ms`);
  }, { timeout: 150_000 });
}

// The browser tells the page nothing, so the client notices when its ping has not been answered for 15 seconds.
linked('media is back when the network changes without a word', async (scene) => {
  const moved = await move(scene, 'dual', 0);
  measured('another network at once, of which the browser tells the page nothing', 'the same participant, soon after the client notices (15 s)', words(moved), moved.same && moved.took <= 22_000);
  assert.ok(moved.same, 'another participant');
  await nobodyMoved(moved.company, moved.since);
  await noGhosts(moved.all, moved.sids);
  assert.ok(moved.took <= 22_000, `media after ${moved.took} ms`);
}, { timeout: 150_000 });
