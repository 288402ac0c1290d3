// What is known of people, what they may do, and who speaks.
import assert from 'node:assert/strict';
import { until } from '../support/wait.mjs';
import { house, modes } from './support/house.mjs';

const scenario = house();
const mayChange = { grants: { canUpdateOwnMetadata: true } };

scenario('people change their name, metadata and attributes, and everybody knows', async ({ room, member }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room, { ...mayChange, attributes: { colour: 'red', size: 'small' } });
  await ben.join(room);
  await anna.ask('setName', 'Anna B');
  await anna.ask('setMetadata', 'changed');
  await anna.ask('setAttributes', { colour: 'blue', size: '' });
  await until('Ben to know', async () => {
    const [seen] = await ben.ask('people');
    return seen?.name === 'Anna B' && seen.metadata === 'changed' && seen.attributes.colour === 'blue' && !('size' in seen.attributes);
  });
  const own = await anna.ask('self');
  assert.deepEqual([own.name, own.metadata, own.attributes], ['Anna B', 'changed', { colour: 'blue' }]);
});

scenario('who may not change its metadata is told so', async ({ room, member }) => {
  const anna = await member('anna');
  await anna.join(room);
  await assert.rejects(anna.ask('setMetadata', 'changed'));
  assert.notEqual((await anna.ask('self')).metadata, 'changed');
});

scenario('the token is renewed with what is in force', async ({ room, member, api }) => {
  const anna = await member('anna');
  await anna.join(room, { ttl: '10m', metadata: 'old' });
  const claims = async () => JSON.parse(Buffer.from((await anna.ask('token')).split('.')[1], 'base64url').toString());
  await api.updateParticipant(room, 'anna', { metadata: 'new', name: 'Anna B', permission: { canSubscribe: true, canPublish: false, canPublishData: true } });
  const renewed = await until('a new token', async () => {
    const now = await claims();
    return now.metadata === 'new' && now;
  });
  assert.equal(renewed.name, 'Anna B');
  assert.equal(renewed.video.canPublish, false);
  const again = await member('anna');
  await again.join(room, { token: await anna.ask('token') });
  assert.equal((await again.ask('self')).metadata, 'new');
});

scenario('a room tells its metadata when it changes', async ({ room, member, api }) => {
  const anna = await member('anna');
  await anna.join(room);
  await api.updateRoomMetadata(room, 'spring');
  await anna.hears('roomMetadata', ({ now }) => now === 'spring');
});

for (const mode of modes) {
  scenario(`who may not subscribe gets nothing until it may (${mode} connection)`, async ({ room, member, api }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    await anna.ask('publish', { source: 'camera' });
    await ben.join(room, { mode, grants: { canSubscribe: false } });
    await new Promise((done) => setTimeout(done, 2000));
    assert.deepEqual(await ben.ask('received'), []);
    await api.updateParticipant(room, 'ben', { permission: { canSubscribe: true, canPublish: true, canPublishData: true } });
    await ben.sees('anna');
    await api.updateParticipant(room, 'ben', { permission: { canSubscribe: false, canPublish: true, canPublishData: true } });
    await ben.hears('trackUnsubscribed');
  });
}

scenario('the tracks of who may no longer publish are gone, the person stays', async ({ room, member, api }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room);
  await anna.ask('publish', { source: 'camera' });
  await ben.join(room);
  await ben.sees('anna');
  await api.updateParticipant(room, 'anna', { permission: { canSubscribe: true, canPublish: false, canPublishData: true } });
  await ben.hears('trackUnpublished', ({ identity }) => identity === 'anna');
  await anna.hears('localTrackUnpublished');
  assert.deepEqual((await ben.ask('people')).map(({ identity, tracks }) => [identity, tracks.length]), [['anna', 0]]);
  await assert.rejects(anna.ask('publish', { source: 'camera' }));
});

scenario('only the allowed sources are published', async ({ room, member }) => {
  const anna = await member('anna');
  await anna.join(room, { grants: { canPublish: true, canPublishSources: [2] } });
  await anna.ask('publish', { source: 'microphone' });
  await assert.rejects(anna.ask('publish', { source: 'camera' }));
});

scenario('a publisher says who may have its tracks', async ({ room, member }) => {
  const [anna, ben, carla] = [await member('anna'), await member('ben'), await member('carla')];
  await anna.join(room);
  await ben.join(room);
  await carla.join(room);
  const { sid } = await anna.ask('publish', { source: 'camera' });
  await Promise.all([ben.sees('anna'), carla.sees('anna')]);
  await anna.ask('allow', { all: false, list: [{ participantIdentity: 'ben', allowAll: true }] });
  await carla.hears('trackUnsubscribed', ({ track }) => track === sid);
  await ben.sees('anna');
  await anna.ask('allow', { all: true, list: [] });
  await carla.sees('anna');
});

scenario('the server mutes a track, and its owner knows', async ({ room, member, api }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room);
  await ben.join(room);
  const { sid } = await anna.ask('publish', { source: 'microphone' });
  await ben.listensTo('anna');
  await api.mutePublishedTrack(room, 'anna', sid, true);
  await ben.hears('trackMuted', ({ track }) => track === sid);
  await until('Anna to be muted', async () => (await anna.ask('published')).some((one) => one.sid === sid && one.muted));
});

scenario('who was removed is out, and the others know', async ({ room, member, api }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room);
  await ben.join(room);
  await api.removeParticipant(room, 'anna');
  await anna.hears('disconnected', ({ reason }) => reason === 'PARTICIPANT_REMOVED');
  await ben.hears('participantDisconnected', ({ identity }) => identity === 'anna');
});

scenario('who speaks is named, and who is silent is not', async ({ room, member }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room);
  await ben.join(room);
  const { sid } = await anna.ask('publishTone');
  await ben.hears('speakers', ({ identities }) => identities.includes('anna'));
  await anna.hears('speakers', ({ identities }) => identities.includes('anna'));
  await anna.ask('mute', sid);
  const since = await ben.now();
  await new Promise((done) => setTimeout(done, 2000));
  assert.ok((await ben.heard('speakers', since)).every(({ identities }) => !identities.includes('anna')));
});

scenario('people hear how good their own connection and those of others are', async ({ room, member }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room);
  await ben.join(room);
  await anna.ask('publish', { source: 'microphone' });
  for (const identity of ['anna', 'ben']) {
    await ben.hears('quality', (told) => told.identity === identity && ['good', 'excellent'].includes(told.quality), { within: 30_000 });
  }
});

scenario('a hidden participant sees all and is seen by nobody', async ({ room, member }) => {
  const [anna, ghost] = [await member('anna'), await member('ghost')];
  await anna.join(room);
  await anna.ask('publish', { source: 'camera' });
  await ghost.join(room, { grants: { hidden: true, canPublish: false } });
  await ghost.sees('anna');
  assert.deepEqual(await anna.ask('people'), []);
});
