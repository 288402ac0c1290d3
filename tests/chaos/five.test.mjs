// Five people, each with three layers: all decode all; one behind a narrow link gets less while the others keep theirs; and
// what somebody does not show does not cost.
import assert from 'node:assert/strict';
import { linked } from '../livekit/support/linked.mjs';
import { until } from '../support/wait.mjs';
import { measured } from './support/figures.mjs';

const names = ['anna', 'ben', 'carla', 'dan', 'eva'];
/** Two layers: the pictures of five people are coded and decoded on one machine here. */
const camera = { source: 'camera', width: 480, height: 270, fps: 10 };

linked('five people: all decode all, one has little bandwidth, one hides the others', async (scene) => {
  await scene.links.plug('anna', 'wifi', 'delay_ms=10');
  await scene.links.plug('others', 'wifi', 'delay_ms=10');
  const people = [];
  for (const name of names) {
    const one = await scene.member(name, name === 'anna' ? 'anna' : 'others');
    await one.join(scene.room, { options: { adaptiveStream: { pixelDensity: 1 }, dynacast: true } });
    await one.ask('publish', camera);
    await one.ask('publish', { source: 'microphone' });
    people.push(one);
  }
  const [anna, ben, carla] = people;
  const began = performance.now();
  const pairs = people.flatMap((one) => names.filter((name) => name !== one.name).map((name) => [one, name]));
  await Promise.all(pairs.map(([one, name]) => Promise.all([one.sees(name, { frames: 5, within: 90_000 }), one.listensTo(name, { within: 90_000 })])));
  measured('five people with cameras and microphones', 'all decode all', `20 pictures and 20 sounds, ${((performance.now() - began) / 1000).toFixed(1)} s after the last joined`, true);

  const bytesOf = async (one) => (await one.ask('received')).filter(({ kind }) => kind === 'video').reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  const rate = async (one, seconds = 5) => {
    const before = await bytesOf(one);
    const at = performance.now();
    await new Promise((done) => setTimeout(done, seconds * 1000));
    return ((await bytesOf(one)) - before) * 8 / (performance.now() - at);
  };
  const free = await rate(carla);
  await scene.links.rate('anna', 'wifi', 300);
  const narrowed = performance.now();
  const limited = await until('the rate of the narrow link to settle', async () => ((now) => now <= 300 && { now })(await rate(anna, 3)), { within: 60_000 });
  const settled = (performance.now() - narrowed) / 1000;
  const after = await rate(carla);
  const heard = await anna.during('ben', 'audio', 2000);
  measured('one of five behind 300 kbit/s (tbf)', 'she gets less, the others keep theirs', `${limited.now.toFixed(0)} kbit/s of pictures after ${settled.toFixed(0)} s and ${heard.packets / 2} packets of sound a second from each; another had ${free.toFixed(0)} kbit/s before and ${after.toFixed(0)} kbit/s after`, after > 0.7 * free);
  assert.ok(after > 0.7 * free, `${free} before, ${after} after`);
  assert.ok(heard.packets > 50);

  for (const { sid, kind } of await ben.ask('received')) if (kind === 'video') await ben.ask('hide', { sid, on: true });
  const hidden = await until('hidden pictures to stop', async () => ((now) => now < 5 && { now })(await rate(ben, 3)), { within: 60_000 });
  measured('one of five hides all pictures', 'they cost nothing', `${hidden.now.toFixed(1)} kbit/s`, true);
  for (const { sid, kind } of await ben.ask('received')) if (kind === 'video') await ben.ask('hide', { sid, on: false });
  await Promise.all(names.filter((name) => name !== 'ben').map((name) => ben.sees(name, { frames: 3 })));
}, { timeout: 400_000 });
