// The server stands still, as a virtual machine does that is moved, and goes on: nobody may be sent away for it, and what
// piled up meanwhile may not be poured over the viewers at once.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { startLivekit, urlOf } from '../livekit/support/house.mjs';
import { linked } from '../livekit/support/linked.mjs';
import { roomService } from '../livekit/support/keys.mjs';
import { until } from '../support/wait.mjs';
import { countsBetween, everybodySeesEverybody, gather, mediaBack } from './support/company.mjs';
import { Crowd } from './support/crowd.mjs';
import { measured } from './support/figures.mjs';

const [publishers, viewers] = [2, 8];
/** What a second after the pause may cost, in seconds before it. */
const burst = 3;

/** @param {import('../support/moim.mjs').Moim} moim */
async function sentBy(moim) {
  const at = performance.now();
  return { at, datagrams: (await moim.metrics()).sum('moim_sfu_datagrams_sent_total') };
}

const perSecond = (from, to) => ((to.datagrams - from.datagrams) * 1000) / (to.at - from.at);

/** Stops the process for a while. Returns how its sending in the first second after compares with before. */
async function pause(moim, seconds) {
  const first = await sentBy(moim);
  await sleep(3000);
  const before = await sentBy(moim);
  moim.child.kill('SIGSTOP');
  await sleep(seconds * 1000);
  moim.child.kill('SIGCONT');
  const resumed = performance.now();
  await sleep(1000);
  const after = await sentBy(moim);
  // Standing still, it sent nothing.
  return perSecond({ ...before, at: resumed }, after) / perSecond(first, before);
}

for (const seconds of [1, 5, 10]) {
  test(`a room of ${publishers + viewers} outlives a server that stands still for ${seconds} s`, { timeout: 180_000 }, async () => {
    const moim = await startLivekit();
    const crowd = new Crowd(urlOf(moim), { publishers, viewers, seconds: seconds + 30 });
    try {
      await crowd.gathers(moim);
      await sleep(3000);
      const api = roomService(urlOf(moim).replace('ws', 'http'));
      const [{ name: room }] = await api.listRooms();
      const people = async () => (await api.listParticipants(room)).map(({ sid }) => sid).sort();
      const before = await people();
      assert.equal(before.length, crowd.size);

      const factor = await pause(moim, seconds);
      // A deadline that passed meanwhile has its effect within this time.
      await sleep(10_000);
      const kept = (await people()).filter((sid) => before.includes(sid)).length;
      const { at, datagrams } = await sentBy(moim);
      await until('media to flow', async () => perSecond({ at, datagrams }, await sentBy(moim)) > 100);
      const closed = (await moim.metrics()).sum('moim_livekit_closed_total');
      const expected = `all stay; the first second after sends at most ${burst} times a second before`;
      const holds = kept === crowd.size && closed === 0 && factor <= burst;
      measured(`the server is stopped for ${seconds} s and goes on`, expected, `${kept} of ${crowd.size} stay, ${closed} sessions closed, ${factor.toFixed(1)} times`, holds);
      assert.equal(kept, crowd.size);
      assert.equal(closed, 0);
      assert.ok(factor <= burst, `${factor}`);
      const figures = await crowd.figures;
      assert.doesNotMatch(figures, /lost their session|could not join/, figures);
    } finally {
      crowd.end();
      await moim.stop();
    }
  });
}

test('a server that stood still for 20 s takes in whoever comes', { timeout: 180_000 }, async () => {
  const moim = await startLivekit();
  const crowd = new Crowd(urlOf(moim), { publishers, viewers, seconds: 120 });
  let next;
  try {
    await crowd.gathers(moim);
    await pause(moim, 20);
    const before = (await moim.metrics()).sum('moim_rooms_connected_total');
    next = new Crowd(urlOf(moim), { publishers: 1, viewers: 1, seconds: 60 });
    const at = performance.now();
    await until('newcomers to be connected', async () => (await moim.metrics()).sum('moim_rooms_connected_total') >= before + 2, { within: 30_000 });
    const took = Math.round(performance.now() - at);
    measured('the server is stopped for 20 s and goes on', 'newcomers are connected within 10 s', `connected after ${took} ms`, took <= 10_000);
    assert.ok(took <= 10_000, `${took} ms`);
  } finally {
    crowd.end();
    next?.end();
    await moim.stop();
  }
});

// Clients give up waiting after 15 s, so each of them resumes, or joins anew.
linked('after a server stood still for 20 s, browsers see and hear each other again', async (scene) => {
  const { anna, company, all, sids } = await gather(scene, { names: ['ben'] });
  const own = await anna.now();
  scene.moim.child.kill('SIGSTOP');
  await sleep(20_000);
  const counts = await countsBetween(anna, company[0]);
  scene.moim.child.kill('SIGCONT');
  const { took, words } = await mediaBack(anna, company[0], counts, performance.now());
  await everybodySeesEverybody(all);
  const heard = (await anna.ask('events', { since: own })).map(({ name }) => name).filter((name) => /econnect/.test(name));
  const same = (await anna.ask('self')).sid === sids.get('anna');
  measured('the server is stopped for 20 s and goes on, with browsers', 'media both ways within 10 s', `${same ? 'the same participant' : 'another participant'}; ${words} (${heard.join(', ') || 'the client says nothing of it'})`, took <= 10_000);
  assert.ok(took <= 10_000, `media after ${took} ms`);
}, { timeout: 150_000 });
