// Coming in and going: both ways of connecting, identities, and what is refused.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/wait.mjs';
import { house, modes } from './support/house.mjs';
import { tokenFor } from './support/keys.mjs';
import { joinRequest, openSignal } from './support/signal.mjs';

const scenario = house();

/** Both know of each other. */
async function meet(anna, ben) {
  await Promise.all([
    until('Anna to know of Ben', async () => (await anna.ask('people')).some(({ identity }) => identity === 'ben')),
    until('Ben to know of Anna', async () => (await ben.ask('people')).some(({ identity }) => identity === 'anna')),
  ]);
}

for (const mode of modes) {
  scenario(`two clients connect and know of each other (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode, name: 'Anna', metadata: 'first' });
    await ben.join(room, { mode });
    await meet(anna, ben);
    const [seen] = await ben.ask('people');
    assert.equal(seen.name, 'Anna');
    assert.equal(seen.metadata, 'first');
    assert.match(seen.sid, /^PA_[A-Za-z0-9]{12}$/);
    assert.match(await anna.ask('roomSid'), /^RM_[A-Za-z0-9]{12}$/);
    assert.equal((await anna.ask('transports')).subscriber, mode === 'dual');
  });

  scenario(`who leaves is gone for the others at once (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    await ben.join(room, { mode });
    await meet(anna, ben);
    await ben.ask('leave');
    await anna.hears('participantDisconnected', ({ identity }) => identity === 'ben', { within: 3000 });
    assert.deepEqual(await anna.ask('people'), []);
  });

  scenario(`the same identity again takes the place of the first (${mode} connection)`, async ({ room, member }) => {
    const [anna, first, second] = [await member('anna'), await member('ben'), await member('ben')];
    await anna.join(room, { mode });
    const before = await first.join(room, { mode });
    await first.ask('publish', { source: 'camera' });
    await anna.sees('ben');
    const after = await second.join(room, { mode });
    await second.ask('publish', { source: 'camera' });
    await first.hears('disconnected', ({ reason }) => reason === 'DUPLICATE_IDENTITY');
    assert.notEqual(after.sid, before.sid);
    await until('Anna to know of the second Ben only', async () => {
      const people = await anna.ask('people');
      return people.length === 1 && people[0].sid === after.sid;
    });
    await anna.sees('ben', { fits: ({ participantSid }) => participantSid === after.sid });
  });
}

scenario('a single and a dual connection meet in one room', async ({ room, member }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room, { mode: 'single' });
  await ben.join(room, { mode: 'dual' });
  await anna.ask('publish', { source: 'camera' });
  await ben.ask('publish', { source: 'camera' });
  await Promise.all([anna.sees('ben'), ben.sees('anna')]);
});

for (const [what, token] of [
  ['of another server', (room) => import('livekit-server-sdk').then(({ AccessToken }) => new AccessToken('testkey', 'another-secret-of-somebody-else-altogether', { identity: 'anna' })).then((made) => (made.addGrant({ roomJoin: true, room }), made.toJwt()))],
  ['that does not let join', (room) => tokenFor(room, 'anna', { grants: { roomJoin: false } })],
  ['that has expired', (room) => tokenFor(room, 'anna', { ttl: -600 })],
]) {
  scenario(`a token ${what} is refused, and the client does not try again`, async ({ room, member }) => {
    const anna = await member('anna');
    const answer = await anna.tryJoin(room, { token: await token(room) });
    assert.equal(answer.ok, false);
    assert.equal(answer.reason, 'NotAllowed', JSON.stringify(answer));
    assert.equal(answer.status, 401);
  });
}

scenario('a path that begins with two slashes is the same path', async ({ url, room }) => {
  const signal = await openSignal(`${url}//rtc?access_token=${await tokenFor(room, 'anna')}&protocol=16&sdk=js&auto_subscribe=1`);
  const first = await signal.next('join');
  assert.equal(first.participant.identity, 'anna');
  signal.close();
});

scenario('a ping is answered within a second, with its own time in it', async ({ url, room }) => {
  const signal = await openSignal(`${url}/rtc?access_token=${await tokenFor(room, 'anna')}&protocol=16&sdk=js`);
  await signal.next('join');
  const sent = BigInt(Date.now());
  const at = performance.now();
  signal.send({ case: 'pingReq', value: { timestamp: sent, rtt: 0n } });
  const pong = await signal.next('pongResp');
  assert.ok(performance.now() - at < 1000);
  assert.equal(pong.lastPingTimestamp, sent);
  assert.ok(Math.abs(Number(pong.timestamp) - Date.now()) < 5000, 'its own time is in milliseconds');
  signal.send({ case: 'ping', value: sent });
  assert.ok(Math.abs(Number(await signal.next('pong')) - Date.now()) < 5000);
  signal.close();
});

scenario('a room that was deleted is another one afterwards', async ({ room, member, api }) => {
  const [anna, again] = [await member('anna'), await member('anna')];
  await anna.join(room);
  const before = await anna.ask('roomSid');
  await api.deleteRoom(room);
  await anna.hears('disconnected', ({ reason }) => reason === 'ROOM_DELETED');
  await again.join(room);
  assert.notEqual(await again.ask('roomSid'), before);
});

scenario("attributes of the join are laid over the token's", async ({ url, room }) => {
  const token = await tokenFor(room, 'anna', { attributes: { a: '0', b: '1' }, grants: { canUpdateOwnMetadata: true } });
  const attributes = Buffer.from(JSON.stringify({ b: '2', c: '3' })).toString('base64url');
  const signal = await openSignal(`${url}/rtc?access_token=${token}&protocol=16&sdk=js&attributes=${attributes}`);
  assert.deepEqual({ ...(await signal.next('join')).participant.attributes }, { a: '0', b: '2', c: '3' });
  signal.close();
  const request = await joinRequest({ participantAttributes: { b: '2', c: '3' } });
  const other = await openSignal(`${url}/rtc/v1?access_token=${token}&join_request=${request}`);
  assert.deepEqual({ ...(await other.next('join')).participant.attributes }, { a: '0', b: '2', c: '3' });
  other.close();
});

scenario('who is lost before any media is gone at once', async ({ url, room, member }) => {
  const anna = await member('anna');
  await anna.join(room);
  const signal = await openSignal(`${url}/rtc?access_token=${await tokenFor(room, 'ben')}&protocol=16&sdk=js`);
  await signal.next('join');
  await until('Anna to know of Ben', async () => (await anna.ask('people')).length === 1);
  signal.terminate();
  await until('Ben to be gone', async () => (await anna.ask('people')).length === 0, { within: 5000 });
});

scenario('the first frame comes soon after connect was called', async ({ room, member, say }) => {
  const times = {};
  for (const mode of modes) {
    const [anna, ben] = [await member(`anna-${mode}`), await member(`ben-${mode}`)];
    await anna.join(`${room}-${mode}`, { mode });
    await anna.ask('publish', { source: 'camera' });
    times[mode] = [];
    for (let n = 0; n < 7; n += 1) {
      await ben.join(`${room}-${mode}`, { mode });
      times[mode].push(Math.round(await until('the first frame', () => ben.ask('firstFrameMs'), { every: 20 })));
      await ben.ask('leave');
      // Whoever comes within a second of another waits for the rest of it: a publisher is not asked more often.
      await sleep(1100);
    }
    times[mode].sort((a, b) => a - b);
    say(`join to the first decoded frame, ${mode} connection: median ${times[mode][3]} ms (${times[mode].join(', ')})`);
  }
  for (const mode of modes) assert.ok(times[mode][3] < 2000, `${mode}: ${times[mode]}`);
});

for (const mode of modes) {
  scenario(`who comes to a full room is told so, and comes in when there is a place (${mode} connection)`, async ({ room, member, api }) => {
    await api.createRoom({ name: room, maxParticipants: 1 });
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    const refused = await ben.tryJoin(room, { mode, connect: { maxRetries: 0 } });
    assert.deepEqual([refused.ok, refused.reason], [false, 'LeaveRequest'], JSON.stringify(refused));
    assert.deepEqual((await anna.ask('people')).map(({ identity }) => identity), []);
    await anna.ask('leave');
    await until('Ben to be let in', async () => (await ben.tryJoin(room, { mode })).ok);
  });
}
