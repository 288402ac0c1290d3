// Links that carry little, and links that change: who sits behind one gets a lower layer, soon, and the others keep theirs.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { linked } from '../livekit/support/linked.mjs';
import { until } from '../support/wait.mjs';
import { measured } from './support/figures.mjs';

/** Three layers, the largest at 1.2 Mbit/s or so. */
const camera = { source: 'camera', width: 960, height: 540, fps: 15 };

/** What arrives at one from another, once or twice a second: when, how wide, and the rate since the time before. */
async function watch(one, identity, until_) {
  const samples = [];
  let last;
  while (performance.now() < until_) {
    const track = await one.received(identity, 'video');
    const now = { at: performance.now(), bytes: track?.bytes ?? 0, width: track?.width ?? 0, frames: track?.frames ?? 0, jitterSeconds: track?.jitterSeconds ?? 0, jitterCount: track?.jitterCount ?? 0 };
    if (last) {
      const waited = now.jitterCount > last.jitterCount ? (now.jitterSeconds - last.jitterSeconds) / (now.jitterCount - last.jitterCount) : 0;
      samples.push({ at: now.at, width: now.width, frames: now.frames - last.frames, kbps: ((now.bytes - last.bytes) * 8) / (now.at - last.at), waited });
    }
    last = now;
    await sleep(500);
  }
  return samples;
}

/** The most changes of width within ten seconds. */
function mostSwitches(samples) {
  const switches = samples.filter((sample, n) => n > 0 && sample.width !== samples[n - 1].width && sample.width > 0 && samples[n - 1].width > 0).map(({ at }) => at);
  return Math.max(0, ...switches.map((at) => switches.filter((other) => other >= at && other < at + 10_000).length));
}

/** When the rate of two seconds is at most this for the first time. */
function settledBelow(samples, from, kbps) {
  const at = samples.findIndex((_, n) => n >= 3 && samples.slice(n - 3, n + 1).reduce((sum, one) => sum + one.kbps, 0) / 4 <= kbps && samples[n - 3].at >= from);
  return at < 0 ? Infinity : (samples[at - 3].at - from) / 1000;
}

async function limitedAndFree(scene) {
  await scene.links.plug('anna', 'wifi', 'delay_ms=10');
  const link = await scene.links.plug('ben', 'wifi', 'delay_ms=10');
  await scene.links.plug('carla', 'wifi', 'delay_ms=10');
  const [anna, ben, carla] = [await scene.member('anna', 'anna'), await scene.member('ben', 'ben'), await scene.member('carla', 'carla')];
  for (const one of [anna, ben, carla]) await one.join(scene.room);
  await anna.ask('publish', camera);
  await anna.ask('publish', { source: 'microphone' });
  const wide = (one) => until(`${one.name} to have the large picture`, async () => (await one.received('anna', 'video'))?.width >= 900, { within: 60_000 });
  await Promise.all([wide(ben), wide(carla)]);
  return { anna, ben, carla, link };
}

const seconds = (value) => (Number.isFinite(value) ? `${value.toFixed(1)} s` : 'never');

linked('bandwidth falls from 3 Mbit/s to 300 kbit/s and comes back', async (scene) => {
  const { ben, carla, link } = await limitedAndFree(scene);
  await link.set('down rate_kbps=3000 queue_ms=300');
  await until('the large picture at 3 Mbit/s', async () => (await ben.received('anna', 'video')).width >= 900, { within: 60_000 });
  const narrowed = performance.now();
  await link.set('down rate_kbps=300 queue_ms=300');
  const freely = watch(carla, 'anna', narrowed + 30_000);
  const narrow = await watch(ben, 'anna', narrowed + 30_000);
  const widened = performance.now();
  await link.set('down rate_kbps=3000 queue_ms=300');
  const wide = await watch(ben, 'anna', widened + 40_000);
  const smaller = (narrow.find(({ width, frames }) => width > 0 && width < 900 && frames > 0)?.at ?? Infinity) - narrowed;
  const down = settledBelow(narrow, narrowed, 300);
  const up = ((wide.find(({ width }) => width >= 900)?.at ?? Infinity) - widened) / 1000;
  const switches = Math.max(mostSwitches(narrow.filter(({ at }) => at > narrowed + 5000)), mostSwitches(wide));
  const others = (await freely).filter(({ width }) => width < 900).length;
  const holds = down <= 3 && up <= 10 && switches <= 2 && others === 0;
  measured('3 Mbit/s, then 300 kbit/s for 30 s, then 3 Mbit/s', 'below 300 kbit/s within 3 s, the large picture again within 10 s, at most 2 switches in 10 s, the others keep the large picture',
    `a smaller picture after ${seconds(smaller / 1000)}, below 300 kbit/s after ${seconds(down)}, large again after ${seconds(up)}, ${switches} switches, others ${others === 0 ? 'undisturbed' : `smaller in ${others} samples`}`, holds);
  assert.ok(holds);
}, { timeout: 240_000 });

for (const [kbps, expected] of /** @type {const} */ ([[300, 'a lower layer'], [100, 'the smallest layer or sound only']])) {
  linked(`a viewer behind ${kbps} kbit/s gets ${expected}, while the others keep theirs`, async (scene) => {
    const { ben, carla } = await limitedAndFree(scene);
    await scene.links.rate('ben', 'wifi', kbps);
    const narrowed = performance.now();
    const freely = watch(carla, 'anna', narrowed + 30_000);
    const narrow = await watch(ben, 'anna', narrowed + 30_000);
    const last = narrow.slice(-20);
    const mean = last.reduce((sum, one) => sum + one.kbps, 0) / last.length;
    const width = Math.max(...last.map((one) => one.width));
    const waited = Math.max(...last.map((one) => one.waited));
    const sound = await ben.during('anna', 'audio', 3000);
    const [{ rttMs }] = await ben.ask('paths');
    const others = (await freely).filter((one) => one.width < 900).length;
    const holds = mean <= kbps && width < 900 && sound.packets > 60 && others === 0 && waited < 2 && rttMs < 2000;
    measured(`one viewer behind ${kbps} kbit/s (tbf)`, `${expected}, sound goes on, no queue above 2 s, the others keep theirs`,
      `picture ${mean.toFixed(0)} kbit/s of ${width} px, ${(sound.packets / 3).toFixed(0)} packets of sound a second, round trip ${rttMs.toFixed(0)} ms, pictures wait at most ${waited.toFixed(2)} s, others ${others === 0 ? 'undisturbed' : `smaller in ${others} samples`}`, holds);
    assert.ok(holds);
  }, { timeout: 240_000 });
}
