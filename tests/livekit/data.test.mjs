// Data: reliable and lossy, to all and to one, texts and calls.
import assert from 'node:assert/strict';
import { until } from '../support/wait.mjs';
import { house, modes } from './support/house.mjs';
import { apiKey, apiSecret } from './support/keys.mjs';

const scenario = house();

for (const mode of modes) {
  scenario(`data reaches everybody else, reliable and lossy (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben, carla] = [await member('anna'), await member('ben'), await member('carla')];
    for (const one of [anna, ben, carla]) await one.join(room, { mode });
    await until('all to know each other', async () => (await anna.ask('people')).length === 2);
    for (const reliable of [true, false]) {
      const text = reliable ? 'for sure' : 'perhaps';
      // The first lossy ones may come before the other side's channel is open.
      const told = await until(`${text} to arrive`, async () => {
        await anna.ask('send', { text, reliable, topic: 'greeting' });
        const heard = await Promise.all([ben, carla].map(async (one) => (await one.heard('data')).find((event) => event.text === text)));
        return heard.every(Boolean) && heard;
      });
      for (const { identity, topic } of told) assert.deepEqual([identity, topic], ['anna', 'greeting']);
    }
    assert.deepEqual(await anna.heard('data'), [], 'nothing comes back to the sender');
  });

  scenario(`reliable data comes whole, in order and once (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    await ben.join(room, { mode });
    await until('Anna to know of Ben', async () => (await anna.ask('people')).length === 1);
    for (let n = 0; n < 200; n += 1) await anna.ask('send', { text: `number ${n}`, reliable: true });
    await ben.hears('data', ({ text }) => text === 'number 199');
    assert.deepEqual((await ben.heard('data')).map(({ text }) => text), Array.from({ length: 200 }, (_, n) => `number ${n}`));
  });

  scenario(`data for one person reaches nobody else (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben, carla] = [await member('anna'), await member('ben'), await member('carla')];
    for (const one of [anna, ben, carla]) await one.join(room, { mode });
    await until('all to know each other', async () => (await anna.ask('people')).length === 2);
    await anna.ask('send', { text: 'between us', reliable: true, destinationIdentities: ['ben'] });
    await anna.ask('send', { text: 'for all', reliable: true });
    await carla.hears('data', ({ text }) => text === 'for all');
    await ben.hears('data', ({ text }) => text === 'between us');
    assert.deepEqual((await carla.heard('data')).map(({ text }) => text), ['for all']);
  });

  scenario(`a long text arrives as it was written (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    await ben.join(room, { mode });
    await ben.ask('receiveText', 'letter');
    await until('Anna to know of Ben', async () => (await anna.ask('people')).length === 1);
    const text = '안녕하세요, everybody. '.repeat(5000);
    await anna.ask('sendText', { text, topic: 'letter' });
    const letter = await ben.hears('text');
    assert.equal(letter.identity, 'anna');
    assert.ok(letter.text === text, `${letter.text.length} of ${text.length} characters`);
  });

  scenario(`one client calls another (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    await ben.join(room, { mode });
    await ben.ask('answerRpc', 'greet');
    await until('Anna to know of Ben', async () => (await anna.ask('people')).length === 1);
    assert.equal(await anna.ask('callRpc', { to: 'ben', method: 'greet', payload: 'hello' }), 'anna said hello');
  });
}

for (const mode of modes) {
  scenario(`what comes over a channel of an application's own arrives as data (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    await ben.join(room, { mode });
    await anna.ask('publish', { source: 'microphone' });
    await ben.listensTo('anna');
    await anna.ask('sendOver', { label: 'chess', text: 'e4' });
    const told = await ben.hears('data', ({ text }) => text === 'e4');
    assert.equal(told.identity, 'anna');
  });
}

scenario('data of who may not send is dropped', async ({ room, member }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room, { grants: { canPublishData: false } });
  await ben.join(room);
  await until('Ben to know of Anna', async () => (await ben.ask('people')).length === 1);
  await anna.ask('send', { text: 'forbidden', reliable: true }).catch(() => {});
  await ben.ask('send', { text: 'allowed', reliable: true });
  await anna.hears('data', ({ text }) => text === 'allowed');
  assert.deepEqual(await ben.heard('data'), []);
});

scenario('the server sends data as well', async ({ room, member, api }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room);
  await ben.join(room);
  const { DataPacket_Kind } = await import('livekit-server-sdk');
  await api.sendData(room, new TextEncoder().encode('from above'), DataPacket_Kind.RELIABLE, { destinationIdentities: ['ben'], topic: 'news' });
  const told = await ben.hears('data', ({ text }) => text === 'from above');
  assert.equal(told.topic, 'news');
  assert.deepEqual(await anna.heard('data'), []);
});

/** `RoomService/PerformRpc`, which no published server SDK calls yet. */
async function performRpc(url, room, body) {
  const { AccessToken } = await import('livekit-server-sdk');
  const token = new AccessToken(apiKey, apiSecret, { ttl: '1m' });
  token.addGrant({ roomAdmin: true, room });
  const answer = await fetch(`${url.replace('ws', 'http')}/twirp/livekit.RoomService/PerformRpc`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await token.toJwt()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ room, ...body }),
  });
  return { status: answer.status, ...(await answer.json()) };
}

for (const mode of modes) {
  scenario(`the server calls a method of a participant (${mode} connection)`, async ({ url, room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    // Who may not send data answers all the same.
    await ben.join(room, { mode, grants: { canPublishData: false } });
    await anna.ask('answerRpc', 'greet');
    await anna.ask('refuseRpc', 'sulk');
    await ben.ask('answerRpc', 'greet');
    const greeting = await performRpc(url, room, { destination_identity: 'anna', method: 'greet', payload: 'hello' });
    assert.deepEqual([greeting.status, greeting.payload], [200, 'anna said hello'], JSON.stringify(greeting));
    const refusal = await performRpc(url, room, { destination_identity: 'anna', method: 'sulk' });
    assert.deepEqual([refusal.status, refusal.code], [412, 'failed_precondition']);
    assert.match(refusal.msg, /1999: not today \(details\)/);
    const unknown = await performRpc(url, room, { destination_identity: 'anna', method: 'nothing' });
    assert.deepEqual([unknown.status, unknown.code], [404, 'not_found'], JSON.stringify(unknown));
    const nobody = await performRpc(url, room, { destination_identity: 'dora', method: 'greet' });
    assert.deepEqual([nobody.status, nobody.code], [404, 'not_found']);
    assert.equal((await performRpc(url, room, { destination_identity: 'anna', method: 'greet', payload: 'x'.repeat(16_000) })).status, 400);
    assert.equal((await performRpc(url, 'elsewhere', { room, destination_identity: 'anna', method: 'greet' })).status, 401);
  });
}

for (const mode of modes) {
  scenario(`what is said while somebody's signal is lost comes once, in order (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    await ben.join(room, { mode });
    await until('Ben to know of Anna', async () => (await ben.ask('people')).length === 1);
    await ben.ask('send', { text: 'number 0', reliable: true });
    await anna.hears('data', ({ text }) => text === 'number 0');
    const own = await anna.now();
    await anna.ask('closeSocket');
    for (let n = 1; n <= 50; n += 1) await ben.ask('send', { text: `number ${n}`, reliable: true });
    await anna.hears('reconnected', undefined, { since: own, within: 20_000 });
    await ben.ask('send', { text: 'the last', reliable: true });
    await anna.hears('data', ({ text }) => text === 'the last');
    const texts = (await anna.heard('data')).map(({ text }) => text);
    assert.deepEqual(texts, [...Array.from({ length: 51 }, (_, n) => `number ${n}`), 'the last']);
  });
}
