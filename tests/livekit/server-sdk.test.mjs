// The server API, used by the unmodified livekit-server-sdk, and by hand where no SDK goes. People in these rooms speak
// the signaling protocol only: they have no media.
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { CreateRoomRequest, DataPacket_Kind, ListRoomsResponse, Room } from '@livekit/protocol';
import {
  AccessToken,
  AgentDispatchClient,
  EgressClient,
  EncodedFileOutput,
  IngressClient,
  RoomServiceClient,
  SipClient,
  TrackSource,
} from 'livekit-server-sdk';
import { until } from '../support/wait.mjs';
import { newRoom, startLivekit, urlOf } from './support/house.mjs';
import { apiKey, apiSecret, roomService, tokenFor } from './support/keys.mjs';
import { openSignal } from './support/signal.mjs';

let moim;
let base;
let api;
const open = [];

before(async () => {
  moim = await startLivekit();
  base = urlOf(moim).replace('ws', 'http');
  api = roomService(base);
});
after(async () => {
  for (const one of open) one.terminate();
  await moim?.stop();
});

/** Somebody without media, who has had his welcome. */
async function enter(room, identity, options) {
  return enterWith(await tokenFor(room, identity, options));
}

async function enterWith(token, where = moim) {
  const signal = await openSignal(`${urlOf(where)}/rtc?access_token=${token}&protocol=16&auto_subscribe=1&sdk=js`);
  open.push(signal);
  const join = await signal.next('join');
  return { signal, join };
}

/** The code and status of what must fail. */
async function failure(promise) {
  const error = await promise.then((value) => assert.fail(`it was done: ${JSON.stringify(value)}`), (reason) => reason);
  return `${error.status} ${error.code}`;
}

/** A call by hand, over a connection of its own: the server closes one on which it was sent too much. */
async function call(method, { token, body = {}, headers = {}, verb = 'POST' } = {}) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const init = verb === 'POST' ? { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) } : {};
  const answer = await fetch(`${base}/twirp/livekit.${method}`, {
    method: verb,
    headers: { 'content-type': 'application/json', connection: 'close', ...authorization, ...headers },
    ...init,
  });
  return { status: answer.status, type: answer.headers.get('content-type'), bytes: new Uint8Array(await answer.arrayBuffer()) };
}

const text = ({ bytes }) => JSON.parse(new TextDecoder().decode(bytes));

async function tokenWith(video, { identity = 'server', ttl = '10m', key = apiKey, secret = apiSecret } = {}) {
  const token = new AccessToken(key, secret, { identity, ttl });
  token.addGrant(video);
  return token.toJwt();
}

describe('rooms', () => {
  it('that were made are listed, all of them or by name', async () => {
    const [one, two] = [newRoom(), newRoom()];
    const made = await api.createRoom({ name: one, emptyTimeout: 77, departureTimeout: 11, maxParticipants: 5, metadata: 'first' });
    await api.createRoom({ name: two });
    assert.match(made.sid, /^RM_[A-Za-z0-9]{12}$/);
    assert.deepEqual([made.name, made.emptyTimeout, made.departureTimeout, made.maxParticipants, made.metadata], [one, 77, 11, 5, 'first']);
    assert.ok(Math.abs(Number(made.creationTime) - Date.now() / 1000) < 60);
    const listed = await api.listRooms([one]);
    assert.deepEqual(listed.map(({ name, sid, numParticipants }) => [name, sid, numParticipants]), [[one, made.sid, 0]]);
    const all = (await api.listRooms()).map(({ name }) => name);
    assert.ok(all.includes(one) && all.includes(two));
    assert.deepEqual(await api.listRooms([newRoom()]), []);
  });

  it('made twice are the same, with what the second call gives', async () => {
    const name = newRoom();
    const first = await api.createRoom({ name, emptyTimeout: 77, metadata: 'first' });
    const second = await api.createRoom({ name, metadata: 'second' });
    assert.equal(second.sid, first.sid);
    assert.deepEqual([second.emptyTimeout, second.metadata], [77, 'second']);
  });

  it('into which nobody came are deleted without ado', async () => {
    const name = newRoom();
    await api.createRoom({ name });
    await api.deleteRoom(name);
    assert.deepEqual(await api.listRooms([name]), []);
    assert.equal(await failure(api.deleteRoom(name)), '404 not_found');
  });

  it('that are deleted send everybody away, and may be entered anew', async () => {
    const name = newRoom();
    const { signal, join } = await enter(name, 'ann');
    await api.deleteRoom(name);
    assert.equal((await signal.next('leave')).reason, 5, 'ROOM_DELETED');
    const again = await enter(name, 'ann');
    assert.notEqual(again.join.room.sid, join.room.sid);
    assert.notEqual(again.join.participant.sid, join.participant.sid);
  });

  it('tell their metadata to those inside, and keep it when nobody is', async () => {
    const name = newRoom();
    await api.createRoom({ name });
    assert.equal((await api.updateRoomMetadata(name, 'empty')).metadata, 'empty');
    const { signal, join } = await enter(name, 'ann');
    assert.equal(join.room.metadata, 'empty');
    assert.equal((await api.updateRoomMetadata(name, 'spring')).metadata, 'spring');
    const heard = await until('the change', async () => {
      const { room } = await signal.next('roomUpdate');
      return room.metadata === 'spring' && room;
    });
    assert.equal(heard.sid, join.room.sid);
    assert.equal(await failure(api.updateRoomMetadata(newRoom(), 'x')), '404 not_found');
    assert.equal(await failure(api.updateRoomMetadata(name, 'x'.repeat(600 * 1024))), '400 invalid_argument');
  });

  it('need a name of at most 256 letters', async () => {
    assert.equal(await failure(api.createRoom({ name: '' })), '400 invalid_argument');
    assert.equal(await failure(api.createRoom({ name: 'x'.repeat(257) })), '400 invalid_argument');
    assert.equal((await api.createRoom({ name: 'x'.repeat(256) })).name.length, 256);
  });
});

describe('rooms that only the API opens', () => {
  let strict;
  before(async () => {
    strict = await startLivekit({ config: { livekit: { keys: { [apiKey]: apiSecret }, auto_create: false } } });
  });
  after(() => strict?.stop());

  it('are there after they were made, and not before or after', async () => {
    const name = newRoom();
    const own = roomService(urlOf(strict).replace('ws', 'http'));
    const token = await tokenFor(name, 'ann');
    await assert.rejects(enterWith(token, strict), /404/);
    await own.createRoom({ name });
    const { signal } = await enterWith(token, strict);
    await own.deleteRoom(name);
    await signal.next('leave');
    await assert.rejects(enterWith(token, strict), /404/);
  });
});

describe('participants', () => {
  it('are listed with what they are, and nobody is in a room that is not there', async () => {
    const room = newRoom();
    const { join } = await enter(room, 'ann', { name: 'Ann', metadata: 'm', attributes: { a: '1' } });
    await enter(room, 'ghost', { grants: { hidden: true } });
    const people = await api.listParticipants(room);
    assert.deepEqual(people.map(({ identity }) => identity), ['ann', 'ghost'], 'hidden ones are listed too');
    const [ann] = people;
    assert.deepEqual([ann.sid, ann.name, ann.metadata, ann.attributes], [join.participant.sid, 'Ann', 'm', { a: '1' }]);
    assert.equal(ann.permission.canPublish, true);
    assert.equal((await api.getParticipant(room, 'ann')).sid, ann.sid);
    assert.equal((await api.listRooms([room]))[0].numParticipants, 1, 'hidden ones are not counted');
    assert.deepEqual(await api.listParticipants(newRoom()), []);
  });

  it('that nobody knows are not found', async () => {
    const room = newRoom();
    await api.createRoom({ name: room });
    for (const ask of [
      () => api.getParticipant(room, 'nobody'),
      () => api.getParticipant(newRoom(), 'nobody'),
      () => api.removeParticipant(room, 'nobody'),
      () => api.updateParticipant(room, 'nobody', { metadata: 'x' }),
      () => api.mutePublishedTrack(room, 'nobody', 'TR_VCaaaaaaaaaa', true),
      () => api.updateSubscriptions(room, 'nobody', ['TR_VCaaaaaaaaaa'], true),
    ]) {
      assert.equal(await failure(ask()), '404 not_found');
    }
  });

  it('change when the server says so, and hear of it with a new token', async () => {
    const room = newRoom();
    const { signal } = await enter(room, 'ann', { attributes: { a: '1', b: '2' } });
    const { signal: ben } = await enter(room, 'ben');
    const changed = await api.updateParticipant(room, 'ann', {
      metadata: 'new',
      name: 'Anna',
      attributes: { a: '', c: '3' },
      permission: { canSubscribe: true, canPublish: false, canPublishData: true, canPublishSources: [TrackSource.MICROPHONE] },
    });
    assert.deepEqual([changed.metadata, changed.name, changed.attributes], ['new', 'Anna', { b: '2', c: '3' }]);
    assert.deepEqual([changed.permission.canPublish, changed.permission.canPublishSources], [false, [TrackSource.MICROPHONE]]);
    await until('Ben to hear of it', async () => {
      const { participants } = await ben.next('update');
      return participants.some((one) => one.identity === 'ann' && one.name === 'Anna' && one.metadata === 'new');
    });
    const token = await until('a token that says so', async () => {
      const next = await signal.next('refreshToken');
      return JSON.parse(Buffer.from(next.split('.')[1], 'base64url')).metadata === 'new' && next;
    });
    const again = await enterWith(token);
    assert.deepEqual([again.join.participant.name, again.join.participant.permission.canPublish], ['Anna', false]);
    // Empty text changes nothing.
    assert.equal((await api.updateParticipant(room, 'ann', { metadata: '', name: '' })).metadata, 'new');
    assert.equal(await failure(api.updateParticipant(room, 'ann', { metadata: 'x'.repeat(600 * 1024) })), '400 invalid_argument');
    assert.equal(await failure(api.updateParticipant(room, 'ann', { attributes: { a: 'x'.repeat(70 * 1024) } })), '400 invalid_argument');
  });

  it('that were removed are out, and need a new token', async () => {
    const room = newRoom();
    const token = await tokenFor(room, 'ann');
    const { signal } = await enterWith(token);
    const { signal: ben } = await enter(room, 'ben');
    await api.removeParticipant(room, 'ann');
    assert.equal((await signal.next('leave')).reason, 4, 'PARTICIPANT_REMOVED');
    await until('Ben to hear of it', async () => {
      const { participants } = await ben.next('update');
      return participants.some((one) => one.identity === 'ann' && one.state === 3);
    });
    assert.deepEqual((await api.listParticipants(room)).map(({ identity }) => identity), ['ben']);
    await assert.rejects(enterWith(token), /401/, 'the old token still lets her in');
    await assert.rejects(enterWith(await signal.next('refreshToken')), /401/, 'a renewed token still lets her in');
    // Tokens say in whole seconds when they were made.
    await new Promise((done) => setTimeout(done, 2000));
    await enter(room, 'ann');
  });

  it('can be shut out until a date', async () => {
    const room = newRoom();
    await enter(room, 'ann');
    await api.removeParticipant(room, 'ann', { revokeTokenTs: BigInt(Math.floor(Date.now() / 1000) + 3600) });
    await assert.rejects(enter(room, 'ann'), /401/);
    await enter(room, 'ben');
    await enter(newRoom(), 'ann');
  });
});

describe('data', () => {
  it('is taken for everybody and for some, and refused with half a nonce', async () => {
    const room = newRoom();
    await enter(room, 'ann');
    const bytes = new TextEncoder().encode('hello');
    await api.sendData(room, bytes, DataPacket_Kind.RELIABLE, { topic: 'greeting' });
    await api.sendData(room, bytes, DataPacket_Kind.LOSSY, { destinationIdentities: ['ann', 'nobody'] });
    assert.equal(await failure(api.sendData(newRoom(), bytes, DataPacket_Kind.RELIABLE, {})), '404 not_found');
    const token = await tokenWith({ roomAdmin: true, room });
    const half = await call('RoomService/SendData', { token, body: { room, data: 'aGk=', nonce: 'aGk=' } });
    assert.deepEqual([half.status, text(half).code], [400, 'invalid_argument']);
  });
});

describe('the wire', () => {
  it('says in JSON what it says in protobuf', async () => {
    const name = newRoom();
    const token = await tokenWith({ roomCreate: true, roomList: true });
    const request = new CreateRoomRequest({ name, metadata: 'wire', maxParticipants: 4 });
    const headers = { 'content-type': 'application/protobuf' };
    const made = await call('RoomService/CreateRoom', { token, headers, body: request.toBinary() });
    assert.deepEqual([made.status, made.type], [200, 'application/protobuf']);
    const room = Room.fromBinary(made.bytes);
    assert.deepEqual([room.name, room.metadata, room.maxParticipants], [name, 'wire', 4]);
    const listed = await call('RoomService/ListRooms', { token, body: { names: [name], unknownField: { deep: [1] } } });
    assert.deepEqual([listed.status, listed.type], [200, 'application/json']);
    const fromJson = ListRoomsResponse.fromJson(text(listed), { ignoreUnknownFields: false }).rooms[0];
    assert.ok(fromJson.equals(room));
  });

  it('leaves nothing out because it is zero, and writes long numbers as text', async () => {
    const name = newRoom();
    const token = await tokenWith({ roomCreate: true });
    for (const body of [{ name, emptyTimeout: 60 }, { name, empty_timeout: 61 }]) {
      const room = text(await call('RoomService/CreateRoom', { token, body }));
      assert.deepEqual([room.num_participants, room.num_publishers, room.active_recording], [0, 0, false]);
      assert.equal(room.empty_timeout, body.emptyTimeout ?? body.empty_timeout);
      assert.equal(typeof room.creation_time, 'string');
    }
  });

  it('answers a page of any origin', async () => {
    const answer = await fetch(`${base}/twirp/livekit.RoomService/ListRooms`, {
      method: 'OPTIONS',
      headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' },
    });
    assert.ok(answer.ok);
    assert.ok(['*', 'https://elsewhere.example'].includes(answer.headers.get('access-control-allow-origin')));
    const token = await tokenWith({ roomList: true });
    const asked = await fetch(`${base}/twirp/livekit.RoomService/ListRooms`, {
      method: 'POST',
      headers: { origin: 'https://elsewhere.example', authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    });
    assert.equal(asked.headers.get('access-control-allow-origin'), '*');
  });

  it('has an error for everything that is wrong, in JSON alone', async () => {
    const token = await tokenWith({ roomCreate: true, roomList: true });
    for (const [what, method, how, status, code] of [
      ['an unknown method', 'RoomService/Explode', { token }, 404, 'bad_route'],
      ['an unknown service', 'Nothing/CreateRoom', { token }, 404, 'bad_route'],
      ['another verb', 'RoomService/ListRooms', { token, verb: 'GET' }, 404, 'bad_route'],
      ['another content type', 'RoomService/ListRooms', { token, headers: { 'content-type': 'text/plain' } }, 404, 'bad_route'],
      ['no JSON', 'RoomService/ListRooms', { token, body: '{' }, 400, 'malformed'],
      ['JSON of another shape', 'RoomService/ListRooms', { token, body: '{"names":7}' }, 400, 'malformed'],
      ['no protobuf', 'RoomService/ListRooms', { token, body: new Uint8Array([10, 127]), headers: { 'content-type': 'application/protobuf' } }, 400, 'malformed'],
      ['too much', 'RoomService/ListRooms', { token, body: ' '.repeat(10 * 1024 * 1024 + 1) }, 413, 'malformed'],
      ['no token', 'RoomService/ListRooms', {}, 401, 'unauthenticated'],
    ]) {
      const answer = await call(method, how);
      assert.deepEqual([answer.status, answer.type, text(answer).code], [status, 'application/json', code], what);
      assert.ok(text(answer).msg.length > 5, what);
    }
  });
});

describe('tokens', () => {
  const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = () => Math.floor(Date.now() / 1000);
  const handmade = (header, claims, secret = apiSecret, digest = 'sha256') => {
    const body = `${encoded(header)}.${encoded(claims)}`;
    return `${body}.${createHmac(digest, secret).update(body).digest('base64url')}`;
  };
  const list = { roomList: true };
  const good = () => ({ iss: apiKey, sub: 'server', exp: now() + 600, video: list });
  const hs256 = { alg: 'HS256', typ: 'JWT' };

  it('that are not good open nothing', async () => {
    for (const [what, token] of [
      ['nothing', ''],
      ['text', 'hello'],
      ['algorithm none', `${encoded({ alg: 'none' })}.${encoded(good())}.`],
      ['no signature', `${encoded(hs256)}.${encoded(good())}.`],
      ['RS256 over the same secret', handmade({ alg: 'RS256' }, good())],
      ['HS512', handmade({ alg: 'HS512' }, good(), apiSecret, 'sha512')],
      ['another secret', handmade(hs256, good(), 'another secret')],
      ['an empty secret', handmade(hs256, good(), '\0')],
      ['an unknown key', handmade(hs256, { ...good(), iss: 'nobody' })],
      ['a path for a key', handmade({ ...hs256, kid: '/dev/null' }, { ...good(), iss: '/dev/null' }, '\0')],
      ['no key', handmade(hs256, { ...good(), iss: undefined })],
      ['no end', handmade(hs256, { ...good(), exp: undefined })],
      ['an end long ago', handmade(hs256, { ...good(), exp: now() - 120 })],
      ['a beginning far ahead', handmade(hs256, { ...good(), nbf: now() + 120 })],
      ['claims of another shape', handmade(hs256, { ...good(), video: 'all' })],
      ['a megabyte', handmade(hs256, { ...good(), metadata: randomBytes(512 * 1024).toString('hex') })],
    ]) {
      const answer = await call('RoomService/ListRooms', { token }).catch((error) => ({ status: 0, error }));
      // A header of a megabyte is refused before anybody looks at it.
      const expected = what === 'a megabyte' ? [401, 431, 400, 0] : [401];
      assert.ok(expected.includes(answer.status), `${what}: ${answer.status}`);
    }
  });

  it('are good a minute around their time, whatever their key id says', async () => {
    for (const token of [
      handmade(hs256, good()),
      handmade({ ...hs256, kid: '../../etc/passwd' }, good()),
      handmade(hs256, { ...good(), exp: now() - 30 }),
      handmade(hs256, { ...good(), nbf: now() + 30 }),
    ]) {
      assert.equal((await call('RoomService/ListRooms', { token })).status, 200);
    }
  });

  it('without the grant are refused everywhere, and say nothing of what exists', async () => {
    const room = newRoom();
    await enter(room, 'ann');
    const least = { roomJoin: true, room };
    const everything = { roomCreate: true, roomList: true, roomRecord: true, ingressAdmin: true, roomAdmin: true };
    const identity = 'ann';
    for (const [method, lacking, body] of [
      ['CreateRoom', { ...everything, roomCreate: false }, { name: newRoom() }],
      ['ListRooms', { ...everything, roomList: false }, {}],
      ['DeleteRoom', { ...everything, roomCreate: false }, { room }],
      ['ListParticipants', { ...everything, room: 'other' }, { room }],
      ['GetParticipant', { ...everything, room: 'other' }, { room, identity }],
      ['RemoveParticipant', { ...everything, room: 'other' }, { room, identity }],
      ['MutePublishedTrack', { ...everything, room: 'other' }, { room, identity, trackSid: 'TR_VCaaaaaaaaaa', muted: true }],
      ['UpdateParticipant', { ...everything, room: 'other' }, { room, identity, metadata: 'x' }],
      ['UpdateSubscriptions', { ...everything, room: 'other' }, { room, identity, trackSids: [] }],
      ['SendData', { ...everything, room: 'other' }, { room, data: 'aGk=' }],
      ['UpdateRoomMetadata', { ...everything, room: 'other' }, { room, metadata: 'x' }],
      ['MoveParticipant', { ...everything, room, destinationRoom: 'other' }, { room, identity, destinationRoom: 'yard' }],
    ]) {
      for (const grant of [lacking, least, {}]) {
        const answer = await call(`RoomService/${method}`, { token: await tokenWith(grant), body });
        assert.deepEqual([answer.status, text(answer)], [401, { code: 'unauthenticated', msg: 'permissions denied' }], method);
        const elsewhere = await call(`RoomService/${method}`, { token: await tokenWith(grant), body: { ...body, room: body.room && newRoom() } });
        assert.deepEqual(elsewhere.bytes, answer.bytes, `${method} tells whether a room is there`);
      }
    }
    const person = await api.getParticipant(room, 'ann');
    assert.equal(person.metadata, '');
  });
});

describe('what Moim does not do yet', () => {
  it('is answered in a sentence, for those who might', async () => {
    const [egress, ingress] = [new EgressClient(base, apiKey, apiSecret), new IngressClient(base, apiKey, apiSecret)];
    const [sip, agents] = [new SipClient(base, apiKey, apiSecret), new AgentDispatchClient(base, apiKey, apiSecret)];
    const room = newRoom();
    for (const ask of [
      () => egress.listEgress(),
      () => egress.startRoomCompositeEgress(room, { file: new EncodedFileOutput({ filepath: 'a.mp4' }) }),
      () => ingress.listIngress({}),
      () => sip.listSipInboundTrunk(),
      () => agents.listDispatch(room),
      () => api.moveParticipant(room, 'ann', 'yard'),
      () => api.forwardParticipant(room, 'ann', 'yard'),
    ]) {
      assert.equal(await failure(ask()), '501 unimplemented');
    }
    const stranger = new RoomServiceClient(base, apiKey, 'not-the-secret-of-this-key-at-all');
    assert.equal(await failure(stranger.listRooms()), '401 unauthenticated');
  });
});

describe('secrets', () => {
  it('are in no log', async () => {
    assert.ok(!moim.log.includes(apiSecret));
  });
});
