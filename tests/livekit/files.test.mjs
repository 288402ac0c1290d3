// A file into a room and a room into a file: `moim-bench join`, what a browser sees of it, and what ffmpeg makes of it.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';
import { promisify } from 'node:util';
import { benchBinary } from '../lab/support/links.mjs';
import { hasCommand } from '../support/machine.mjs';
import { until } from '../support/wait.mjs';
import { house } from './support/house.mjs';
import { apiKey, apiSecret } from './support/keys.mjs';

const skip = hasCommand('ffmpeg') && hasCommand('ffprobe') ? false : 'needs ffmpeg: apt-get install ffmpeg';
const scenario = house({ skip });
const run = promisify(execFile);

let folder;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'moim-files-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Somebody called "file" in a room, until the file is over or so many seconds have passed. */
function join(url, room, args) {
  const child = spawn(benchBinary(), ['join', room, '--url', url, '--identity', 'file', ...args], {
    env: { ...process.env, LIVEKIT_API_KEY: apiKey, LIVEKIT_API_SECRET: apiSecret },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { said += text; });
  return {
    ended: once(child, 'exit').then(([code]) => assert.equal(code, 0, said)),
    /** As Ctrl-C does it. */
    interrupt: () => child.kill('SIGINT'),
    kill: () => child.kill('SIGKILL'),
  };
}

const encoders = { vp8: ['libvpx', '-quality', 'realtime', '-cpu-used', '8'], vp9: ['libvpx-vp9', '-quality', 'realtime', '-cpu-used', '8'] };

/** A clock in colours and a tone, as ffmpeg encodes them. */
async function film(codec, seconds) {
  const file = path.join(folder, `${codec}-${seconds}.webm`);
  await run('ffmpeg', [
    ...['-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=15:duration=${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`],
    ...['-c:v', ...encoders[codec], '-b:v', '300k', '-g', '15', '-c:a', 'libopus', file],
  ]);
  return file;
}

for (const [codec, mime] of Object.entries({ vp8: 'video/VP8', vp9: 'video/VP9' })) {
  scenario(`a browser sees and hears a file that is played into its room (${codec})`, async ({ url, room, member }) => {
    // Long enough for a slow machine; nobody waits for its end.
    const file = await film(codec, 30);
    const ben = await member('ben');
    await ben.join(room);
    const player = join(url, room, ['--play', file]);
    try {
      const [seen] = await Promise.all([ben.sees('file', { within: 25_000 }), ben.listensTo('file', { within: 25_000 })]);
      assert.deepEqual([seen.codec, seen.width, seen.height], [mime, 320, 180]);
      player.interrupt();
      await player.ended;
      await until('the player to be gone', async () => (await ben.ask('people')).length === 0);
    } finally {
      player.kill();
    }
  });
}

scenario('who plays a file leaves when it is over', async ({ url, room, api }) => {
  const player = join(url, room, ['--play', await film('vp8', 3)]);
  try {
    await player.ended;
  } finally {
    player.kill();
  }
  assert.deepEqual(await api.listParticipants(room), []);
});

/** What ffmpeg finds in a file when it decodes all of it. */
async function contents(file) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-of', 'json', '-count_frames', '-show_streams', '-show_format', file]);
  const { streams } = JSON.parse(stdout);
  // In the file's own time: by itself ffmpeg makes up a rate, which a camera does not keep.
  const { stderr } = await run('ffmpeg', ['-v', 'error', '-i', file, '-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'null', '-']);
  assert.equal(stderr, '', 'ffmpeg complains of the file');
  const of = (kind) => streams.filter((one) => one.codec_type === kind);
  return { video: of('video'), audio: of('audio') };
}

for (const [videoCodec, options] of Object.entries({ vp8: {}, vp9: { scalabilityMode: 'L1T1', backupCodec: false } })) {
  scenario(`ffmpeg decodes what was recorded of a browser (${videoCodec})`, async ({ url, room, member }) => {
    const anna = await member('anna');
    await anna.join(room);
    await anna.ask('publish', { source: 'camera', videoCodec, ...options });
    await anna.ask('publish', { source: 'microphone' });
    const file = path.join(folder, `recorded-${videoCodec}.webm`);
    const recorder = join(url, room, ['--record', file, '--seconds', '8']);
    try {
      await recorder.ended;
    } finally {
      recorder.kill();
    }
    const { video, audio } = await contents(file);
    assert.deepEqual([video.length, audio.length], [1, 1]);
    assert.deepEqual([video[0].codec_name, audio[0].codec_name], [videoCodec, 'opus']);
    assert.ok(video[0].width >= 160 && video[0].height >= 90, `${video[0].width}x${video[0].height}`);
    assert.ok(Number(video[0].nb_read_frames) > 40, `${video[0].nb_read_frames} pictures`);
    assert.ok(Number(audio[0].nb_read_frames) > 100, `${audio[0].nb_read_frames} pieces of sound`);
  });
}
