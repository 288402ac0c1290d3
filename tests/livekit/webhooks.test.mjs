// What a room tells the application's server: signed, in order, and after a restart.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { WebhookReceiver } from 'livekit-server-sdk';
import { until } from '../support/wait.mjs';
import { house, newRoom, startLivekit, urlOf } from './support/house.mjs';
import { apiKey, apiSecret, roomService } from './support/keys.mjs';

/** Somebody's own server, which checks what it is told with the unmodified SDK. */
class Application {
  events = [];
  problems = [];
  attempts = 0;
  status = 200;

  async listen() {
    const receiver = new WebhookReceiver(apiKey, apiSecret);
    this.server = http.createServer(async (request, response) => {
      const parts = [];
      for await (const part of request) parts.push(part);
      this.attempts += 1;
      if (this.status === 200) {
        try {
          assert.equal(request.headers['content-type'], 'application/webhook+json');
          this.events.push(await receiver.receive(Buffer.concat(parts).toString(), request.headers.authorization));
        } catch (error) {
          this.problems.push(error);
        }
      }
      response.writeHead(this.status).end();
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}/hook`;
    return this;
  }

  of(room) {
    return this.events.filter((event) => event.room?.name === room);
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const application = await new Application().listen();
after(() => application.close());
const livekit = { keys: { [apiKey]: apiSecret }, webhook_urls: [application.url], departure_timeout_s: 2 };
const scenario = house({ moim: { config: { livekit } } });

scenario('the life of a room is told in its order', async ({ room, member }) => {
  const anna = await member('anna');
  const { sid } = await anna.join(room, { name: 'Anna' });
  const camera = await anna.ask('publish', { source: 'camera' });
  await until('the track to be told', () => application.of(room).some(({ event }) => event === 'track_published'));
  await anna.ask('leave');
  await until('the end', () => application.of(room).some(({ event }) => event === 'room_finished'), { within: 30_000 });
  const heard = application.of(room);
  assert.deepEqual(heard.map(({ event }) => event), ['room_started', 'participant_joined', 'track_published', 'track_unpublished', 'participant_left', 'room_finished']);
  const [started, joined, published, , left] = heard;
  assert.match(started.id, /^EV_[A-Za-z0-9]{12}$/);
  assert.equal(new Set(heard.map(({ id }) => id)).size, heard.length);
  assert.deepEqual([joined.participant.identity, joined.participant.sid, joined.participant.name], ['anna', sid, 'Anna']);
  assert.deepEqual([published.track.sid, published.participant.sid, published.room.sid], [camera.sid, sid, started.room.sid]);
  assert.equal(left.participant.sid, sid);
  assert.deepEqual(application.problems, []);
});

scenario('the API mutes what is published, and lifts it only where that is allowed', async ({ room, member, api }) => {
  const anna = await member('anna');
  await anna.join(room);
  const { sid } = await anna.ask('publish', { source: 'microphone' });
  const muted = await api.mutePublishedTrack(room, 'anna', sid, true);
  assert.deepEqual([muted.sid, muted.muted], [sid, true]);
  await until('the list to say so', async () => (await api.getParticipant(room, 'anna')).tracks[0]?.muted);
  await assert.rejects(api.mutePublishedTrack(room, 'anna', sid, false), ({ status, code }) => status === 412 && code === 'failed_precondition');
  await assert.rejects(api.mutePublishedTrack(room, 'anna', 'TR_AMaaaaaaaaaa', true), ({ code }) => code === 'not_found');
});

scenario('the API subscribes people and ends that', async ({ room, member, api }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room);
  const { sid } = await anna.ask('publish', { source: 'camera' });
  await ben.join(room, { connect: { autoSubscribe: false } });
  assert.deepEqual(await ben.heard('trackSubscribed'), []);
  await api.updateSubscriptions(room, 'ben', [sid], true);
  await ben.hears('trackSubscribed', ({ track }) => track === sid);
  await api.updateSubscriptions(room, 'ben', [sid], false);
  await ben.hears('trackUnsubscribed', ({ track }) => track === sid);
});

scenario('what the API says to a room arrives, with its topic and from nobody', async ({ room, member, api }) => {
  const [anna, ben] = [await member('anna'), await member('ben')];
  await anna.join(room);
  await ben.join(room);
  await api.sendData(room, new TextEncoder().encode('to all'), 0, { topic: 'news' });
  for (const one of [anna, ben]) await one.hears('data', ({ text, topic, identity }) => text === 'to all' && topic === 'news' && identity === undefined);
  await api.sendData(room, new TextEncoder().encode('to ben'), 0, { destinationIdentities: ['ben'] });
  await ben.hears('data', ({ text }) => text === 'to ben');
  await api.sendData(room, new TextEncoder().encode('last'), 0, {});
  await anna.hears('data', ({ text }) => text === 'last');
  assert.ok(!(await anna.heard('data')).some(({ text }) => text === 'to ben'));
});

scenario('rooms do not wait for an application that is down, and it misses nothing', async ({ room, member }) => {
  application.status = 503;
  try {
    const before = application.attempts;
    const anna = await member('anna');
    await anna.join(room);
    await until('an attempt', () => application.attempts > before);
    await anna.ask('leave');
  } finally {
    application.status = 200;
  }
  await until('everything to be told', () => application.of(room).some(({ event }) => event === 'room_finished'), { within: 60_000 });
  assert.deepEqual(application.of(room).map(({ event }) => event), ['room_started', 'participant_joined', 'participant_left', 'room_finished']);
});

test('what a killed server had not told is told by the next one, in its order', { timeout: 90_000 }, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'moim-webhooks-'));
  const config = { livekit, server: { data_dir: folder } };
  const rooms = [newRoom(), newRoom(), newRoom()];
  application.status = 500;
  const before = application.attempts;
  const first = await startLivekit({ config });
  const api = roomService(urlOf(first).replace('ws', 'http'));
  for (const name of rooms) {
    await api.createRoom({ name, metadata: 'kept' });
    await api.deleteRoom(name);
  }
  await until('an attempt', () => application.attempts > before);
  // All six are on their way to the file within moments of the last answer.
  await new Promise((done) => setTimeout(done, 500));
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  assert.ok(rooms.every((name) => application.of(name).length === 0));

  application.status = 200;
  const second = await startLivekit({ config });
  try {
    await until('everything to be told', () => rooms.every((name) => application.of(name).length === 2));
    for (const name of rooms) {
      assert.deepEqual(application.of(name).map(({ event }) => event), ['room_started', 'room_finished']);
      assert.equal(application.of(name)[0].room.metadata, 'kept');
    }
  } finally {
    await second.stop();
    await rm(folder, { recursive: true, force: true });
  }
  assert.deepEqual(application.problems, []);
});
