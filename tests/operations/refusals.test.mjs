// @ts-check
// A start that cannot succeed ends at once, with a sentence that says what to do.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { runMoim } from '../support/command.mjs';
import { freePorts } from '../support/ports.mjs';

/** Everything switched off but what the test is about. */
const quiet = { listen: { https: '', http: '', kurento: '', metrics: '' }, turn: { listen: '', tls_listen: '' } };

/** @param {{ code: number | null, output: string }} result @param {RegExp[]} words */
function refused({ code, output }, ...words) {
  assert.notEqual(code, null, `it ran on:\n${output}`);
  assert.notEqual(code, 0, output);
  for (const word of words) assert.match(output, word);
  assert.doesNotMatch(output, /panicked|RUST_BACKTRACE|stack backtrace/);
  assert.ok(output.trim().split('\n').length <= 4, `more than a sentence:\n${output}`);
}

test('an unknown key is refused with the nearest known name', async () => {
  refused(await runMoim(['serve'], { config: '[listen]\nhtps = "127.0.0.1:1"\n' }), /htps/, /\bhttps\b/);
});

test('an unknown environment variable is refused with the nearest known name', async () => {
  refused(await runMoim(['serve'], { config: quiet, env: { MOIM_LISTEN_HTPS: '127.0.0.1:1' } }), /MOIM_LISTEN_HTPS/, /MOIM_LISTEN_HTTPS/);
});

test('a value of the wrong kind is refused with its key', async () => {
  refused(await runMoim(['serve'], { config: '[turn]\nuser_quota = "many"\n' }), /user_quota/);
});

test('a configuration file that is not there is refused with its name', async () => {
  refused(await runMoim(['serve', '--config', '/no/such/moim.toml']), /\/no\/such\/moim\.toml/);
});

test('a file with secrets that others may read is refused', async () => {
  const config = { ...quiet, direct: { token: 'a-token-of-sufficient-length-0123456789' } };
  refused(await runMoim(['serve'], { config, mode: 0o644 }), /chmod 600/);
});

test('a port in use is named', async () => {
  const [port = 0] = await freePorts(1);
  const holder = net.createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const config = { ...quiet, server: { data_dir: './data' }, listen: { ...quiet.listen, http: `127.0.0.1:${port}` } };
  const result = await runMoim(['serve', '--dev'], { config });
  holder.close();
  refused(result, new RegExp(`${port}`), /in use|another/i);
});

test('a broken key file is named', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'moim-key-'));
  const [port = 0] = await freePorts(1);
  const key = path.join(folder, 'key.pem');
  await writeFile(key, 'this is no key\n');
  await chmod(key, 0o600);
  const config = { ...quiet, listen: { ...quiet.listen, https: `127.0.0.1:${port}` }, tls: { mode: 'files', cert_file: key, key_file: key } };
  const result = await runMoim(['serve', '--dev'], { config });
  await rm(folder, { recursive: true });
  refused(result, /key\.pem/);
});
