// Nothing passes for a while, in both directions or in one; and what becomes of whom it hit.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { linked } from '../livekit/support/linked.mjs';
import { until } from '../support/wait.mjs';
import { countsBetween, everybodySeesEverybody, gather, mediaBack, noGhosts, nobodyMoved } from './support/company.mjs';
import { measured } from './support/figures.mjs';

for (const [seconds, mode] of /** @type {const} */ ([[3, 'single'], [8, 'single'], [8, 'dual'], [12, 'single'], [15, 'dual']])) {
  linked(`after ${seconds} s without a network one of five is back as herself (${mode} connection)`, async (scene) => {
    const { anna, company, all, sids, link } = await gather(scene, { mode });
    const since = await Promise.all(company.map((one) => one.now()));
    const own = await anna.now();
    await link.set('dark=true');
    await sleep(seconds * 1000);
    const counts = await countsBetween(anna, company[0]);
    const [lit, there] = [performance.now(), await anna.tab.evaluate(() => performance.now())];
    await link.set('dark=false');
    const { took, words } = await mediaBack(anna, company[0], counts, lit);
    await everybodySeesEverybody(all);
    // A resume ends with a word of its own, after the media.
    await until('Anna to be connected', async () => (await anna.ask('self')).connected, { within: 30_000 });
    const told = (await anna.ask('events', { since: own })).filter(({ name }) => /econnect|^state|streamState/.test(name));
    scene.say(`the client, in seconds since the network was back: ${told.map(({ at, name, state }) => `${((at - there) / 1000).toFixed(1)} ${name} ${state ?? ''}`.trim()).join(', ')}`);
    const same = (await anna.ask('self')).sid === sids.get('anna');
    measured(`${seconds} s without a network (${mode})`, 'the same participant, nobody hears of it, media both ways within 3 s', `${same ? 'the same participant' : 'another participant'}; ${words}`, same && took <= 3000);
    assert.ok(same, 'another participant');
    assert.ok(took <= 15_000, `media after ${took} ms`);
    await nobodyMoved(company, since);
    await noGhosts(all, sids);
  }, { timeout: 180_000 });
}

linked('after 60 s without a network one of five has left, and comes anew', async (scene) => {
  const { anna, company, all, sids, link } = await gather(scene, { names: ['ben', 'carla'] });
  const since = await Promise.all(company.map((one) => one.now()));
  const own = await anna.now();
  const dark = performance.now();
  await link.set('dark=true');
  await Promise.all(company.map((one, n) => one.hears('participantDisconnected', ({ identity }) => identity === 'anna', { since: since[n], within: 60_000 })));
  const left = Math.round(performance.now() - dark);
  await noGhosts(company, sids);
  await sleep(Math.max(0, 60_000 - left));
  await link.set('dark=false');
  const lit = performance.now();
  const end = await until('Anna to be back or to have given up', async () => (await anna.ask('events', { since: own })).find(({ name }) => ['reconnected', 'disconnected'].includes(name)), { within: 60_000 });
  if (end.name === 'disconnected') {
    await anna.join(scene.room);
    await anna.ask('publish', { source: 'camera', width: 320, height: 180, fps: 10, simulcast: false });
    await anna.ask('publish', { source: 'microphone' });
  }
  const { sid } = await anna.ask('self');
  assert.notEqual(sid, sids.get('anna'));
  sids.set('anna', sid);
  await everybodySeesEverybody(all);
  const back = performance.now() - lit;
  await noGhosts(all, sids);
  measured('60 s without a network', 'a clean leave that the others hear of, then a new join', `left after ${(left / 1000).toFixed(1)} s, back ${(back / 1000).toFixed(1)} s after the network (${end.name === 'disconnected' ? 'the page joined again' : 'the client by itself'})`, true);
}, { timeout: 240_000 });

linked('where nothing comes back from the server, the member is cleaned up', async (scene) => {
  const { anna, company, sids, link } = await gather(scene, { names: ['ben'] });
  const [since] = await Promise.all(company.map((one) => one.now()));
  const own = await anna.now();
  const dark = performance.now();
  await link.set('down dark=true');
  const noticed = anna.hears('state', ({ state }) => state !== 'connected', { since: own, within: 60_000 }).then(() => performance.now() - dark);
  await company[0].hears('participantDisconnected', ({ identity }) => identity === 'anna', { since, within: 120_000 });
  const left = performance.now() - dark;
  measured('from the server nothing arrives, the other way all does', 'noticed and cleaned up within 15 s', `the client notices after ${((await noticed) / 1000).toFixed(1)} s, gone for the others after ${(left / 1000).toFixed(1)} s`, left <= 15_000);
  await noGhosts(company, sids);
}, { timeout: 240_000 });
