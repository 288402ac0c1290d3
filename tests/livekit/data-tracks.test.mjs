// Data tracks: frames of an application's own, for those who ask for them; and what participants keep for each other.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { DataBlob, DataBlobKey, GetDataBlobRequest, RequestResponse_Reason, StoreDataBlobRequest } from '@livekit/protocol';
import { until } from '../support/wait.mjs';
import { house, modes, newRoom, startLivekit, urlOf } from './support/house.mjs';
import { apiKey, apiSecret, tokenFor } from './support/keys.mjs';
import { openSignal } from './support/signal.mjs';

const scenario = house();

/** Pushes until somebody has got so many frames. */
async function pushUntil(publisher, name, reader, sid, enough) {
  let first = 1;
  return until(`${reader.name} to get frames of ${name}`, async () => {
    await publisher.ask('push', { name, first, count: 5 });
    first += 5;
    const frames = await reader.ask('frames', sid);
    return frames.length >= enough && frames;
  });
}

for (const mode of modes) {
  scenario(`a data track reaches those who ask for it, and only them (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben, carla] = [await member('anna'), await member('ben'), await member('carla')];
    for (const one of [anna, ben, carla]) await one.join(room, { mode });
    const published = await anna.ask('publishData', 'position');
    assert.ok(published.ok, published.message);
    assert.match(published.sid, /^DTR_[A-Za-z0-9]{12}$/);
    const told = await ben.hears('dataTrackPublished');
    assert.deepEqual([told.identity, told.sid, told.track], ['anna', published.sid, 'position']);
    await carla.hears('dataTrackPublished');
    await ben.ask('readData', published.sid);
    const frames = await pushUntil(anna, 'position', ben, published.sid, 20);
    const numbers = frames.map(({ number }) => number);
    assert.deepEqual(numbers, [...numbers].sort((one, other) => one - other), 'in order');
    assert.equal(new Set(numbers).size, numbers.length, 'once each');
    assert.deepEqual(await carla.ask('frames', published.sid), []);
    // A frame larger than a packet, which comes in pieces.
    const large = await until('a large frame', async () => {
      await anna.ask('push', { name: 'position', first: 9000, size: 40_000 });
      return (await ben.ask('frames', published.sid)).find(({ size }) => size === 40_000);
    });
    assert.deepEqual([large.number, large.whole], [9000, true]);
    await anna.ask('unpublishData', 'position');
    await ben.hears('dataTrackUnpublished', ({ sid }) => sid === published.sid);
    const again = await anna.ask('publishData', 'position');
    assert.ok(again.ok && again.sid !== published.sid, 'a new track has a new name');
  });

  scenario(`who comes late reads a data track that is there, and again after a new join (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    const { sid } = await anna.ask('publishData', 'state');
    await ben.join(room, { mode });
    await ben.hears('dataTrackPublished', (track) => track.sid === sid);
    await ben.ask('readData', sid);
    await pushUntil(anna, 'state', ben, sid, 5);
    const since = await ben.now();
    await anna.ask('simulate', { scenario: 'full-reconnect' });
    const told = await ben.hears('dataTrackPublished', ({ track }) => track === 'state', { since, within: 30_000 });
    assert.notEqual(told.sid, sid);
    await ben.ask('readData', told.sid);
    await pushUntil(anna, 'state', ben, told.sid, 5);
  });
}

for (const mode of modes) {
  scenario(`frames come to who may not subscribe as soon as it may, as often as it may (${mode} connection)`, async ({ room, member, api }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    const { sid } = await anna.ask('publishData', 'position');
    await ben.join(room, { mode, grants: { canSubscribe: false } });
    await ben.hears('dataTrackPublished', (track) => track.sid === sid);
    const may = (canSubscribe) => api.updateParticipant(room, 'ben', { permission: { canSubscribe, canPublish: true, canPublishData: true } });
    // The client gives up after ten seconds without an answer.
    await ben.ask('readData', sid);
    await anna.ask('push', { name: 'position', first: 1, count: 20 });
    // What comes over the same connection afterwards has overtaken no frame.
    await anna.ask('send', { text: 'so far', reliable: true });
    await ben.hears('data', ({ text }) => text === 'so far');
    assert.deepEqual(await ben.ask('frames', sid), [], 'not yet');
    await may(true);
    await pushUntil(anna, 'position', ben, sid, 10);
    await may(false);
    await until('the frames to rest', async () => {
      const before = (await ben.ask('frames', sid)).length;
      await anna.ask('push', { name: 'position', first: 5000, count: 10 });
      await anna.ask('send', { text: 'and now', reliable: true });
      await new Promise((done) => setTimeout(done, 500));
      return (await ben.ask('frames', sid)).length === before;
    });
    const had = (await ben.ask('frames', sid)).length;
    await may(true);
    await pushUntil(anna, 'position', ben, sid, had + 10);
  });
}

scenario('a name is given once, and who may not send data publishes none', async ({ room, member }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room);
  await ben.join(room, { grants: { canPublishData: false } });
  assert.ok((await anna.ask('publishData', 'position')).ok);
  const twice = await anna.ask('publishData', 'position');
  assert.deepEqual([twice.ok, /name/i.test(twice.message)], [false, true], twice.message);
  const forbidden = await ben.ask('publishData', 'position');
  assert.equal(forbidden.ok, false);
});

// No published client stores blobs yet: by hand.
const genericKey = (name) => new DataBlobKey({ key: { case: 'generic', value: name } });

function store(signal, requestId, name, contents) {
  const blob = new DataBlob({ key: genericKey(name), contents });
  signal.send({ case: 'storeDataBlobRequest', value: new StoreDataBlobRequest({ requestId, blob }) });
}

function get(signal, requestId, participantIdentity, name) {
  signal.send({ case: 'getDataBlobRequest', value: new GetDataBlobRequest({ requestId, participantIdentity, key: genericKey(name) }) });
}

/** A Moim of its own, with blobs or without. */
function blobs(name, enabled, play) {
  let moim;
  const open = [];
  before(async () => {
    moim = await startLivekit({ config: { livekit: { keys: { [apiKey]: apiSecret }, enable_data_blobs: enabled } } });
  });
  after(async () => {
    for (const signal of open) signal.terminate();
    await moim?.stop();
  });
  test(name, async () => {
    const room = newRoom();
    await play(async (identity) => {
      const signal = await openSignal(`${urlOf(moim)}/rtc?access_token=${await tokenFor(room, identity)}&protocol=17&sdk=js`);
      open.push(signal);
      await signal.next('join');
      return signal;
    });
  });
}

blobs('a data blob is kept for the others as long as its owner stays', true, async (enter) => {
  const [anna, ben] = [await enter('anna'), await enter('ben')];
  const contents = new TextEncoder().encode('message Position { float x = 1; }');
  store(anna, 7, 'schema', contents);
  const stored = await anna.next('storeDataBlobResponse');
  assert.deepEqual([stored.requestId, stored.key.key.value], [7, 'schema']);
  get(ben, 8, 'anna', 'schema');
  const found = await ben.next('getDataBlobResponse');
  assert.deepEqual([found.requestId, Buffer.from(found.blob.contents).toString()], [8, Buffer.from(contents).toString()]);

  const reasons = [
    [() => get(ben, 9, 'anna', 'other'), RequestResponse_Reason.NOT_FOUND],
    [() => get(ben, 10, 'nobody', 'schema'), RequestResponse_Reason.NOT_FOUND],
    [() => store(ben, 11, '', contents), RequestResponse_Reason.INVALID_REQUEST],
    [() => store(ben, 12, 'empty', new Uint8Array()), RequestResponse_Reason.INVALID_REQUEST],
    [() => store(ben, 13, 'large', new Uint8Array(51_201)), RequestResponse_Reason.LIMIT_EXCEEDED],
  ];
  for (const [ask, reason] of reasons) {
    ask();
    assert.equal((await ben.next('requestResponse')).reason, reason);
  }
  const closed = once(anna.socket, 'close');
  anna.send({ case: 'leave', value: {} });
  await closed;
  get(ben, 14, 'anna', 'schema');
  assert.equal((await ben.next('requestResponse')).reason, RequestResponse_Reason.NOT_FOUND);
});

blobs('where data blobs are not enabled, a client is told so', false, async (enter) => {
  const anna = await enter('anna');
  store(anna, 3, 'schema', new Uint8Array([1]));
  const refused = await anna.next('requestResponse');
  assert.deepEqual([refused.requestId, refused.reason], [3, RequestResponse_Reason.NOT_ALLOWED]);
});
