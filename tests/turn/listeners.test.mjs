// @ts-check
// What no protocol allows, at every listener: too much, too little, the wrong thing. Each must still answer a good question afterwards.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import net from 'node:net';
import tls from 'node:tls';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RelayedCall } from './support/call.mjs';
import { TurnClient } from './support/client.mjs';
import { credential, listeners, startTurn } from './support/server.mjs';
import { cls, encode, method } from './support/stun.mjs';

/** @type {import('../support/moim.mjs').Moim} */
let moim;
/** @type {RelayedCall} */
let call;
before(async () => {
  moim = await startTurn();
  call = await RelayedCall.start(listeners(moim).udp, credential);
});
after(() => moim?.stop());

/** @typedef {{ name: string, port: () => number, secure: boolean, alive: () => Promise<unknown> }} Door */

/** A Binding request must be answered. @param {'udp' | 'tcp' | 'tls' | 'https'} name */
async function answersBinding(name) {
  const client = await TurnClient.connect(listeners(moim)[name], credential());
  const answer = await client.request(method.binding, () => []);
  client.close();
  assert.equal(answer.cls, cls.success);
}

/** @param {string} url */
async function answersHttp(url) {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  assert.equal(answer.status, 200, url);
}

/** HTTPS, whose certificate nobody has signed. */
function answersHttps() {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: moim.port('https'), rejectUnauthorized: false }, () => {
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    });
    let text = '';
    socket.on('data', (chunk) => { text += chunk; }).on('error', reject);
    socket.on('close', () => (/^HTTP\/1\.1 200/.test(text) ? resolve(undefined) : reject(new Error(text.slice(0, 200)))));
  });
}

/** @type {Door[]} */
const doors = [
  { name: 'TURN over TCP', port: () => moim.port('turn'), secure: false, alive: () => answersBinding('tcp') },
  { name: 'TURN over TLS', port: () => moim.port('turns'), secure: true, alive: () => answersBinding('tls') },
  { name: 'HTTPS', port: () => moim.port('https'), secure: true, alive: () => Promise.all([answersHttps(), answersBinding('https')]) },
  { name: 'HTTP', port: () => moim.port('http'), secure: false, alive: () => answersHttp(`http://127.0.0.1:${moim.port('http')}/`) },
  { name: 'metrics', port: () => moim.port('metrics'), secure: false, alive: () => answersHttp(`http://127.0.0.1:${moim.port('metrics')}/healthz`) },
];

const binding = encode(method.binding, cls.request, []);

/** A STUN header that announces 65 532 bytes, and what follows of them. */
function announcing(/** @type {number} */ following) {
  const head = Buffer.from(binding);
  head.writeUInt16BE(65532, 2);
  return Buffer.concat([head, Buffer.alloc(following)]);
}

/** @type {Record<string, Buffer>} */
const payloads = {
  'one byte': Buffer.from([0]),
  'half a STUN header': binding.subarray(0, 11),
  'a STUN message that never ends': announcing(1000),
  'a STUN message of 64 KiB': announcing(65532),
  'a ChannelData message that never ends': Buffer.concat([Buffer.from([0x40, 0, 0xff, 0xff]), Buffer.alloc(500)]),
  'half a TLS hello': Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]),
  'a TLS record too long': Buffer.concat([Buffer.from([22, 3, 3, 0xff, 0xff]), Buffer.alloc(70_000)]),
  'half a request line': Buffer.from('GET /'),
  'half a header': Buffer.from('GET / HTTP/1.1\r\nHost: local'),
  'a header of 1 MiB': Buffer.from(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(1 << 20)}\r\n\r\n`),
  'a path of 100 kB': Buffer.from(`GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
  'a body that never comes': Buffer.from('POST /direct/join HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n{'),
  'a body of 4 MiB': Buffer.from(`POST /direct/join HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${4 << 20}\r\n\r\n${' '.repeat(4 << 20)}`),
  'two lengths': Buffer.from('POST /direct/join HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'),
  'a bad chunk': Buffer.from('POST /direct/join HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n'),
  'a broken HTTP/2 preface': Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff', 'latin1'),
  'zero bytes': Buffer.alloc(200_000),
};

/** @param {Door} door @param {Buffer} bytes @param {{ wrapped: boolean }} how @returns {Promise<net.Socket>} */
function deliver(door, bytes, { wrapped }) {
  return new Promise((resolve) => {
    const target = { host: '127.0.0.1', port: door.port() };
    const socket = wrapped
      ? tls.connect({ ...target, rejectUnauthorized: false }, () => socket.write(bytes))
      : net.connect(target, () => socket.write(bytes));
    socket.resume().on('error', () => {}).on('end', () => socket.destroy());
    setTimeout(() => resolve(socket), 150);
  });
}

for (const door of doors) {
  test(`${door.name} survives what it cannot understand`, { timeout: 60_000 }, async () => {
    const open = [];
    for (const bytes of Object.values(payloads)) {
      open.push(await deliver(door, bytes, { wrapped: false }));
      if (door.secure) open.push(await deliver(door, bytes, { wrapped: true }));
    }
    await door.alive();
    for (const socket of open) socket.destroy();
    await door.alive();
    assert.ok(moim.running);
  });

  test(`${door.name} answers others while two hundred connections say nothing`, { timeout: 60_000 }, async () => {
    const idle = await Promise.all(Array.from({ length: 200 }, () => deliver(door, Buffer.alloc(0), { wrapped: false })));
    await door.alive();
    for (const socket of idle) socket.destroy();
  });

  test(`${door.name} does not wait for ever for the rest of a message`, { timeout: 120_000 }, async () => {
    const halves = ['one byte', 'half a STUN header', 'half a TLS hello', 'half a header'].map((name) => payloads[name] ?? Buffer.alloc(0));
    const started = performance.now();
    const sockets = await Promise.all(halves.map((bytes) => deliver(door, bytes, { wrapped: false })));
    await Promise.all(sockets.map((socket) => socket.destroyed || new Promise((closed) => socket.once('close', closed))));
    console.log(`${door.name}: all closed after ${Math.round((performance.now() - started) / 1000)} s`);
  });
}

test('TURN over UDP survives what it cannot understand', async () => {
  const socket = dgram.createSocket('udp4');
  for (const bytes of [...Object.values(payloads), Buffer.alloc(0), Buffer.alloc(65_507, 0x40), announcing(60_000)]) {
    if (bytes.length <= 65_507) socket.send(bytes, moim.port('turn'), '127.0.0.1');
  }
  await sleep(200);
  socket.close();
  await answersBinding('udp');
});

test('the call beside it went on', async () => {
  const { sent, lost } = await call.end();
  console.log(`the call lost ${lost} of ${sent} packets`);
  assert.ok(sent > 0 && lost <= sent / 100, `lost ${lost} of ${sent}`);
});
