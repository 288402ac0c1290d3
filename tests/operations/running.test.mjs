// @ts-check
// What an operator sees of a running server.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import tls from 'node:tls';
import { moimBinary, startMoim } from '../support/moim.mjs';
import { until } from '../support/wait.mjs';

/** @param {import('../support/moim.mjs').Moim} moim @returns {Promise<string>} the fingerprint of the certificate */
function fingerprint(moim) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: moim.port('https'), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

test('health, readiness and metrics are on their own listener', async () => {
  const moim = await startMoim();
  try {
    assert.equal((await moim.ask('/healthz')).status, 200);
    assert.equal((await moim.ask('/readyz')).status, 200);
    const names = (await moim.metrics()).names();
    for (const name of ['moim_build_info', 'moim_turn_allocations', 'moim_turn_bindings_total']) assert.ok(names.has(name), `${name} is missing among ${[...names].join(' ')}`);
    const outside = await fetch(`http://127.0.0.1:${moim.port('http')}/metrics`);
    assert.doesNotMatch(await outside.text(), /moim_build_info/);
  } finally {
    await moim.stop();
  }
});

test('the self-made certificate is kept', async () => {
  const data = `/tmp/moim-kept-${process.pid}`;
  const prints = [];
  for (let n = 0; n < 2; n += 1) {
    const moim = await startMoim({ config: { server: { data_dir: data } } });
    prints.push(await fingerprint(moim));
    await moim.stop();
  }
  spawnSync('rm', ['-r', data]);
  assert.equal(prints[0], prints[1]);
});

test('two servers run on one machine', async () => {
  const both = await Promise.all([startMoim(), startMoim()]);
  for (const moim of both) assert.equal((await moim.ask('/readyz')).status, 200);
  await Promise.all(both.map((moim) => moim.stop()));
});

test('SIGTERM drains: no longer ready, then gone', async () => {
  const moim = await startMoim();
  const held = new WebSocketHolder(moim);
  await held.open;
  moim.child.kill('SIGTERM');
  await until('the server to drain', async () => !moim.running || (await moim.ask('/readyz').catch(() => ({ status: 0 }))).status !== 200, { within: 3000, every: 20 });
  held.close();
  await moim.stop();
});

/** A signaling connection, so that there is something to drain. */
class WebSocketHolder {
  /** @param {import('../support/moim.mjs').Moim} moim */
  constructor(moim) {
    this.socket = tls.connect({ host: '127.0.0.1', port: moim.port('https'), rejectUnauthorized: false });
    this.socket.on('error', () => {});
    this.open = new Promise((resolve) => {
      this.socket.once('secureConnect', () => {
        this.socket.write('GET /direct?room=held HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: moim.direct.v1\r\n\r\n');
      });
      this.socket.once('data', resolve);
    });
  }

  close() {
    this.socket.destroy();
  }
}

test('moim --version and --help answer', () => {
  for (const flag of ['--version', '--help']) {
    const { status, stdout } = spawnSync(moimBinary(), [flag], { encoding: 'utf8' });
    assert.equal(status, 0);
    assert.match(stdout, /moim/i);
  }
});
