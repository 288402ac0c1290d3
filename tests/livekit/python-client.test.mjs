// The native SDK from PyPI: by itself (python/scenarios.py), and in one room with a browser.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../support/wait.mjs';
import { house } from './support/house.mjs';
import { apiKey, apiSecret } from './support/keys.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const python = process.env.MOIM_LIVEKIT_PYTHON ?? path.join(here, '.venv/bin/python');
const missing = existsSync(python) ? false : 'needs python3-venv: apt-get install python3-venv, then tests/livekit/run';
const scenario = house({ skip: missing });

function start(url, args) {
  const child = spawn(python, ['-u', ...args], {
    cwd: path.join(here, 'python'),
    env: { ...process.env, MOIM_URL: url, MOIM_API_KEY: apiKey, MOIM_API_SECRET: apiSecret },
  });
  const said = { out: '', error: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => { said.out += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { said.error += text; });
  return { child, said };
}

for (const kind of ['OverOneConnection', 'OverTwoConnections']) {
  scenario(`the native client passes every scenario: ${kind}`, async ({ url }) => {
    const { child, said } = start(url, ['-m', 'unittest', '-v', `scenarios.${kind}`]);
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, said.error);
    assert.match(said.error, /Ran 10 tests/, 'all of them ran');
  }, { timeout: 300_000 });
}

scenario('the native client and a browser see and hear each other', async ({ url, room, member }) => {
  const ben = await member('ben');
  await ben.join(room);
  await ben.ask('publish', { source: 'camera' });
  await ben.ask('publish', { source: 'microphone' });
  const { child, said } = start(url, ['beside_a_browser.py', room, 'ben']);
  try {
    await ben.hears('data', ({ text, identity }) => text === 'from python' && identity === 'python', { within: 40_000 });
    await ben.ask('send', { text: 'from a browser', reliable: true });
    await Promise.all([ben.sees('python'), ben.listensTo('python')]);
    const told = JSON.parse(await until('what python got', () => said.out.trim() || (child.exitCode !== null && Promise.reject(new Error(said.error)))));
    assert.ok(told.frames >= 10 && told.sounds >= 5, said.out);
    child.stdin.write('enough\n');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, said.error);
  } finally {
    child.kill('SIGKILL');
  }
}, { timeout: 120_000 });

// A process that is stopped reads nothing, and its system reads for it only what fits into a socket's buffer.
scenario('a slow reader of reliable data is sent away, and the quick ones get everything', async ({ moim, url, room, member }) => {
  const [anna, quick] = [await member('anna'), await member('quick')];
  await anna.join(room);
  await quick.join(room);
  const { child, said } = start(url, ['reader.py', room, 'slow']);
  try {
    await anna.hears('participantConnected', ({ identity }) => identity === 'slow', { within: 40_000 });
    await until('the slow one to be in', () => said.out.includes('in'));
    await until('the slow one to read', async () => {
      await anna.ask('send', { text: 'hello', reliable: true });
      return said.out.includes('hello');
    });
    child.kill('SIGSTOP');
    const since = await quick.now();
    const pieces = 400;
    for (let n = 0; n < pieces; n += 1) await anna.ask('send', { size: 15_000, reliable: true });
    await anna.hears('participantDisconnected', ({ identity }) => identity === 'slow', { within: 30_000 });
    const large = async () => (await quick.heard('data', since)).filter(({ bytes }) => bytes === 15_000);
    await until('the quick one to have everything', async () => (await large()).length === pieces, { within: 30_000 });
    assert.equal((await moim.metrics()).sum('moim_rooms_left_total', 'reason="too_slow"'), 1);
    // The room goes on.
    await quick.ask('send', { text: 'still here', reliable: true });
    await anna.hears('data', ({ text }) => text === 'still here');
  } finally {
    child.kill('SIGKILL');
  }
}, { timeout: 120_000 });
