// Sound and pictures, by every codec, over one connection and over two.
import assert from 'node:assert/strict';
import { until } from '../support/wait.mjs';
import { house, modes } from './support/house.mjs';

const scenario = house();

const codecs = {
  vp8: { options: { videoCodec: 'vp8' }, mime: 'video/VP8' },
  h264: { options: { videoCodec: 'h264' }, mime: 'video/H264' },
  vp9: { options: { videoCodec: 'vp9', scalabilityMode: 'L3T3_KEY' }, mime: 'video/VP9' },
  av1: { options: { videoCodec: 'av1', scalabilityMode: 'L3T3_KEY' }, mime: 'video/AV1' },
};

for (const mode of modes) {
  for (const [codec, { options, mime }] of Object.entries(codecs)) {
    scenario(`two people see and hear each other (${codec}, ${mode} connection)`, async ({ room, member }) => {
      const [anna, ben] = [await member('anna'), await member('ben')];
      // Layers of SVC are given up one by one only where the client may be told.
      const how = { mode, options: { dynacast: true } };
      await anna.join(room, how);
      await ben.join(room, how);
      for (const one of [anna, ben]) {
        await one.ask('publish', { source: 'camera', backupCodec: false, ...options });
        await one.ask('publish', { source: 'microphone' });
      }
      const [seen] = await Promise.all([anna.sees('ben'), ben.sees('anna'), anna.listensTo('ben'), ben.listensTo('anna')]);
      assert.equal(seen.codec, mime);
      assert.match(seen.sid, /^TR_VC[A-Za-z0-9]+$/);
      assert.match((await anna.received('ben', 'audio')).sid, /^TR_AM[A-Za-z0-9]+$/);
    });
  }

  scenario(`who comes late gets what is there, and nothing is left when its owner goes (${mode} connection)`, async ({ room, member, api }) => {
    const [anna, late] = [await member('anna'), await member('late')];
    await anna.join(room, { mode });
    const camera = await anna.ask('publish', { source: 'camera' });
    await anna.ask('publish', { source: 'microphone' });
    await late.join(room, { mode });
    await Promise.all([late.sees('anna'), late.listensTo('anna')]);
    const listed = await api.getParticipant(room, 'anna');
    assert.ok(listed.tracks.some(({ sid }) => sid === camera.sid));
    await anna.ask('leave');
    await late.hears('trackUnsubscribed', ({ kind }) => kind === 'video');
    await until('no tracks to be left', async () => (await late.ask('received')).length === 0);
    await until('Anna not to be listed', async () => (await api.listParticipants(room)).every(({ identity }) => identity !== 'anna'));
  });

  scenario(`one client publishes two codecs, one after the other (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await ben.join(room, { mode });
    await anna.join(room, { mode });
    const first = await anna.ask('publish', { source: 'camera', videoCodec: 'vp8' });
    await ben.sees('anna');
    const second = await anna.ask('publish', { source: 'camera', videoCodec: 'h264', name: 'second' });
    const codecOf = async (sid) => (await ben.ask('received')).find((one) => one.sid === sid && one.frames > 5)?.codec;
    assert.equal(await until('the first picture', () => codecOf(first.sid)), 'video/VP8');
    assert.equal(await until('the second picture', () => codecOf(second.sid)), 'video/H264');
  });

  scenario(`a track is taken back and published again, many times (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    await ben.join(room, { mode });
    for (let n = 0; n < 4; n += 1) {
      const { sid } = await anna.ask('publish', { source: 'camera' });
      await ben.sees('anna', { frames: 3, fits: (one) => one.sid === sid });
      await anna.ask('unpublish', sid);
      await ben.hears('trackUnpublished', ({ track }) => track === sid);
    }
  });

  scenario(`more tracks than the connection began with (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    await ben.join(room, { mode });
    const sids = [];
    for (let n = 0; n < 6; n += 1) sids.push((await anna.ask('publish', { source: 'camera', width: 320, height: 180, simulcast: false, name: `camera ${n}` })).sid);
    for (const sid of sids) await until(`frames of ${sid}`, async () => (await ben.ask('received')).some((one) => one.sid === sid && one.frames > 5), { within: 30_000 });
  });

  scenario(`nothing comes to who does not subscribe, until it does (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    const { sid } = await anna.ask('publish', { source: 'camera' });
    await ben.join(room, { mode, connect: { autoSubscribe: false } });
    await until('Ben to know of the track', async () => (await ben.ask('people'))[0]?.tracks.some((one) => one.sid === sid));
    await new Promise((done) => setTimeout(done, 2000));
    assert.deepEqual(await ben.ask('received'), []);
    await ben.ask('subscribe', { sid, on: true });
    await ben.sees('anna');
    await ben.ask('subscribe', { sid, on: false });
    await ben.hears('trackUnsubscribed', ({ track }) => track === sid);
    await ben.ask('subscribe', { sid, on: true });
    await ben.sees('anna');
  });

  scenario(`a screen comes beside the camera (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    await ben.join(room, { mode });
    await anna.ask('publish', { source: 'camera' });
    const { sid } = await anna.ask('publishScreen');
    assert.match(sid, /^TR_VS/);
    await until('both pictures', async () => (await ben.ask('received')).filter((one) => one.kind === 'video' && one.frames > 5).length === 2);
    assert.deepEqual((await ben.ask('received')).map(({ source }) => source).sort(), ['camera', 'screen_share']);
  });

  scenario(`a muted track is there before its first packet, and its sound when it is unmuted (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    const { sid } = await anna.ask('publish', { source: 'microphone' });
    await anna.ask('mute', sid);
    await ben.join(room, { mode });
    await ben.hears('trackSubscribed', ({ track }) => track === sid);
    assert.equal((await ben.received('anna', 'audio')).muted, true);
    await anna.ask('unmute', sid);
    await ben.hears('trackUnmuted', ({ track }) => track === sid);
    await ben.listensTo('anna');
    const before = await ben.now();
    await anna.ask('mute', sid);
    await ben.hears('trackMuted', ({ track }) => track === sid, { since: before });
  });
}

scenario('the publisher is told when somebody first gets its track', async ({ room, member }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room);
  const { sid } = await anna.ask('publish', { source: 'camera' });
  await ben.join(room);
  await anna.hears('localTrackSubscribed', ({ track }) => track === sid);
});

scenario('five people all see and hear all', async ({ room, member, say }) => {
  const names = ['anna', 'ben', 'carla', 'dan', 'eva'];
  const people = [];
  for (const name of names) {
    const one = await member(name);
    await one.join(room);
    await one.ask('publish', { source: 'camera', width: 320, height: 180, fps: 10 });
    await one.ask('publish', { source: 'microphone' });
    people.push(one);
  }
  for (const one of people) {
    for (const name of names.filter((other) => other !== one.name)) {
      await one.sees(name, { frames: 5, within: 30_000 });
      await one.listensTo(name, { packets: 10, within: 30_000 });
    }
  }
  const freezes = (await Promise.all(people.map((one) => one.ask('received')))).flat().reduce((sum, one) => sum + (one.freezes ?? 0), 0);
  say(`20 pictures among five people, ${freezes} freezes so far`);
}, { timeout: 180_000 });
