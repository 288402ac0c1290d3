// Layers: who looks at a small picture gets a small one, who has little bandwidth too, and what nobody looks at costs nothing.
import assert from 'node:assert/strict';
import { until } from '../support/wait.mjs';
import { house, modes } from './support/house.mjs';

const scenario = house();

/** A camera of 960 by 540: three layers. */
const camera = { source: 'camera', width: 960, height: 540, fps: 15 };
const adaptive = { adaptiveStream: { pixelDensity: 1 } };

const widthIs = (one, identity, fits, what) => until(`${one.name} to get a picture of ${what}`, async () => {
  const now = await one.received(identity, 'video');
  return now && fits(now.width) && now;
}, { within: 30_000 });

for (const mode of modes) {
  scenario(`a picture is as large as it is shown (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    await ben.join(room, { mode, options: adaptive });
    const { sid } = await anna.ask('publish', camera);
    await ben.sees('anna');
    await ben.ask('resize', { sid, width: 960, height: 540 });
    await widthIs(ben, 'anna', (width) => width >= 900, 'full size');
    await ben.ask('resize', { sid, width: 160, height: 90 });
    const small = await widthIs(ben, 'anna', (width) => width > 0 && width <= 320, 'small size');
    await ben.ask('resize', { sid, width: 960, height: 540 });
    const large = await widthIs(ben, 'anna', (width) => width >= 900, 'full size again');
    assert.ok(large.frames > small.frames);
    await ben.sees('anna');
  });

  scenario(`a picture that is not shown costs nothing, and is back when it is shown (${mode} connection)`, async ({ room, member, say }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode, options: { dynacast: true } });
    await ben.join(room, { mode, options: adaptive });
    const { sid } = await anna.ask('publish', camera);
    await ben.sees('anna');
    await ben.ask('hide', { sid, on: true });
    await until('the picture to rest', async () => (await ben.during('anna', 'video', 1000)).bytes < 3000, { within: 20_000 });
    assert.equal((await ben.during('anna', 'video', 2000)).frames, 0);
    await ben.ask('hide', { sid, on: false });
    const at = performance.now();
    await until('frames again', async () => (await ben.during('anna', 'video', 200)).frames > 0);
    say(`${Math.round(performance.now() - at)} ms from shown to frames`);
  });
}

scenario('layers that nobody wants are not sent to the server', async ({ room, member }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room, { options: { dynacast: true } });
  await ben.join(room, { options: adaptive });
  const { sid } = await anna.ask('publish', camera);
  await ben.sees('anna');
  await ben.ask('resize', { sid, width: 160, height: 90 });
  const active = async () => (await anna.ask('sent', sid)).encodings.filter((one) => one.active).map((one) => one.rid);
  await until('one layer to be sent', async () => (await active()).length === 1, { within: 30_000 });
  assert.deepEqual(await active(), ['q']);
  await ben.ask('resize', { sid, width: 960, height: 540 });
  await until('all layers again', async () => (await active()).length === 3, { within: 10_000 });
  await widthIs(ben, 'anna', (width) => width >= 900, 'full size');
});

scenario('a viewer asks for a quality, and gets it', async ({ room, member }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room);
  await ben.join(room);
  const { sid } = await anna.ask('publish', camera);
  await widthIs(ben, 'anna', (width) => width >= 900, 'full size');
  await ben.ask('quality', { sid, quality: 0 });
  await widthIs(ben, 'anna', (width) => width > 0 && width <= 320, 'low quality');
  await ben.ask('quality', { sid, quality: 2 });
  await widthIs(ben, 'anna', (width) => width >= 900, 'high quality');
});

scenario('a viewer with 300 kbit/s gets a lower layer, while another keeps its own', async ({ room, member, say }) => {
  const [anna, ben, carla] = [await member('anna'), await member('ben'), await member('carla')];
  await anna.join(room);
  await ben.join(room);
  await carla.join(room);
  await anna.ask('publish', camera);
  await Promise.all([ben, carla].map((one) => widthIs(one, 'anna', (width) => width >= 900, 'full size')));
  await ben.ask('simulate', { scenario: 'subscriber-bandwidth', argument: 300_000 });
  await widthIs(ben, 'anna', (width) => width > 0 && width < 900, 'a lower layer');
  const rate = async (one) => Math.round(((await one.during('anna', 'video', 4000)).bytes * 8) / 4000);
  // A layer swings around its measure, more so on a busy machine.
  const limited = await until('his rate to fall', async () => (await rate(ben)) < 400, { within: 60_000 });
  assert.ok(limited);
  const widths = async () => Promise.all([ben, carla].map(async (one) => (await one.received('anna', 'video')).width));
  const [small, large] = await until('the other to have the larger picture', async () => (([his, hers]) => hers > his && [his, hers])(await widths()));
  say(`limited ${small} px, free ${large} px`);
  await ben.sees('anna');
});

scenario('a picture that does not fit at all is paused, of which its viewer hears, and comes back', async ({ room, member }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room);
  await ben.join(room);
  const { sid } = await anna.ask('publish', { source: 'camera' });
  await anna.ask('publish', { source: 'microphone' });
  await ben.sees('anna');
  await ben.ask('simulate', { scenario: 'subscriber-bandwidth', argument: 45_000 });
  await ben.hears('streamState', ({ track, state }) => track === sid && state === 'paused', { within: 30_000 });
  await ben.listensTo('anna');
  const since = await ben.now();
  await ben.ask('simulate', { scenario: 'subscriber-bandwidth', argument: 0 });
  await ben.hears('streamState', ({ track, state }) => track === sid && state === 'active', { since, within: 30_000 });
  await ben.sees('anna');
});

for (const codec of ['vp9', 'av1']) {
  scenario(`layers of one stream are given up as well (${codec})`, async ({ room, member }) => {
    const [anna, ben, carla] = [await member('anna'), await member('ben'), await member('carla')];
    await anna.join(room, { options: { dynacast: true } });
    await ben.join(room, { options: adaptive });
    await carla.join(room);
    const { sid } = await anna.ask('publish', { ...camera, width: 1280, height: 720, videoCodec: codec, scalabilityMode: 'L3T3_KEY', backupCodec: false });
    await Promise.all([ben.sees('anna'), carla.sees('anna')]);
    await ben.ask('resize', { sid, width: 160, height: 90 });
    const small = await widthIs(ben, 'anna', (width) => width > 0 && width <= 640, 'a lower layer');
    await ben.sees('anna', { fits: ({ width }) => width <= 640 });
    await carla.sees('anna', { fits: ({ width }) => width > small.width });
    await ben.ask('resize', { sid, width: 1280, height: 720 });
    await widthIs(ben, 'anna', (width) => width > small.width, 'a higher layer');
  });
}
