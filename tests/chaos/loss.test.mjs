// Links that lose packets, by themselves and in bursts, and that are slow, uneven, or repeat themselves: what of sound and
// picture reaches a viewer behind one, and what of his reaches the others.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { linked } from '../livekit/support/linked.mjs';
import { until } from '../support/wait.mjs';
import { measured } from './support/figures.mjs';

/** Of both directions. `bars`: the largest share of time frozen and of sound made up, where one is promised. */
const conditions = [
  { name: 'a good link', settings: 'delay_ms=10', bars: { frozen: 0.01, madeUp: 0.01 } },
  { name: '1 % lost, RTT 50 ms', settings: 'loss=0.01 delay_ms=25', bars: { frozen: 0.02, madeUp: 0.01 } },
  { name: '5 % lost, RTT 50 ms', settings: 'loss=0.05 delay_ms=25', bars: { frozen: 0.02, madeUp: 0.01 } },
  { name: '10 % lost, RTT 50 ms', settings: 'loss=0.1 delay_ms=25' },
  { name: '10 % lost, RTT 100 ms', settings: 'loss=0.1 delay_ms=50' },
  { name: '20 % lost, RTT 50 ms', settings: 'loss=0.2 delay_ms=25' },
  { name: '5 % lost in bursts of 4, RTT 50 ms', settings: 'loss=0.05 burst=4 delay_ms=25' },
  { name: '10 % lost in bursts of 8, RTT 50 ms', settings: 'loss=0.1 burst=8 delay_ms=25' },
  { name: '1 % lost, RTT 200 ms', settings: 'loss=0.01 delay_ms=100' },
  { name: '1 % lost, RTT 400 ms', settings: 'loss=0.01 delay_ms=200' },
  { name: 'RTT 50 ms, up to 30 ms more', settings: 'delay_ms=25 jitter_ms=30', bars: { frozen: 0.02, madeUp: 0.01 } },
  { name: '5 % overtaken by 20 ms, RTT 50 ms', settings: 'reorder=0.05 delay_ms=25', bars: { frozen: 0.02, madeUp: 0.01 } },
  { name: '2 % come twice, RTT 50 ms', settings: 'duplicate=0.02 delay_ms=25', bars: { frozen: 0.02, madeUp: 0.01 } },
];
const seconds = 15;

/** What one got of another in a while: shares of time frozen and of sound made up, frames in a second. */
async function quality(one, identity, seconds) {
  const look = async () => ({ at: performance.now(), video: await one.received(identity, 'video'), audio: await one.received(identity, 'audio') });
  const before = await look();
  await sleep(seconds * 1000);
  const after = await look();
  const time = (after.at - before.at) / 1000;
  const more = (kind, field) => after[kind][field] - before[kind][field];
  return {
    frozen: more('video', 'freezeSeconds') / time,
    freezes: more('video', 'freezes'),
    fps: more('video', 'frames') / time,
    madeUp: more('audio', 'madeUp') / Math.max(1, more('audio', 'allSamples')),
    width: after.video.width,
  };
}

const percent = (share) => `${(share * 100).toFixed(1)} %`;
const words = ({ frozen, freezes, fps, madeUp, width }) => `${percent(frozen)} of the time frozen in ${freezes} freezes, ${fps.toFixed(0)} frames/s of ${width} px, ${percent(madeUp)} of the sound made up`;

linked('what of sound and picture arrives over bad links', async (scene) => {
  const link = await scene.links.plug('anna', 'wifi', 'delay_ms=10');
  await scene.links.plug('ben', 'wifi', 'delay_ms=10');
  const [anna, ben] = [await scene.member('anna', 'anna'), await scene.member('ben', 'ben')];
  for (const one of [anna, ben]) {
    await one.join(scene.room);
    await one.ask('publish', { source: 'camera', width: 640, height: 360, fps: 15 });
    await one.ask('publishTone', {});
  }
  const failures = [];
  for (const { name, settings, bars } of conditions) {
    await link.set(`clear ${settings}`);
    // Where no picture comes for want of bandwidth, there is none in the figures.
    await Promise.allSettled([anna.sees('ben'), ben.sees('anna')]);
    // Until the estimate and the jitter buffers know the link.
    await sleep(8000);
    const [down, up] = await Promise.all([quality(anna, 'ben', seconds), quality(ben, 'anna', seconds)]);
    const holds = !bars || [down, up].every((one) => one.frozen <= bars.frozen && one.madeUp <= bars.madeUp);
    const expected = bars ? `frozen at most ${percent(bars.frozen)}, made up at most ${percent(bars.madeUp)}` : 'for the record';
    // A browser that loses checks may go over to TCP, which repeats what is lost by itself.
    const over = [...new Set((await anna.ask('paths')).map(({ protocol }) => protocol))].join(' and ');
    measured(name, expected, `over ${over}; behind the link: ${words(down)}; from behind it: ${words(up)}`, holds);
    if (!holds) failures.push(name);
  }
  await link.set('clear');
  await until('a good picture again', async () => (await anna.received('ben', 'video')).width > 0);
  assert.deepEqual(failures, []);
}, { timeout: 1_200_000 });
