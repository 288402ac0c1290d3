// End-to-end encryption by LiveKit's own worker: the server carries what it cannot read.
import assert from 'node:assert/strict';
import { house, modes } from './support/house.mjs';

const scenario = house();

for (const mode of modes) {
  for (const videoCodec of ['vp8', 'h264', 'vp9']) {
    scenario(`those who have the same key see and hear each other, another does not (${videoCodec}, ${mode} connection)`, async ({ room, member }) => {
      const [anna, ben, eve] = [await member('anna'), await member('ben'), await member('eve')];
      const keyed = (passphrase) => ({ mode, options: { passphrase } });
      await anna.join(room, keyed('amber'));
      await ben.join(room, keyed('amber'));
      await eve.join(room, keyed('guessed'));
      await anna.ask('publish', { source: 'camera', videoCodec, width: 960, height: 540, backupCodec: false });
      await anna.ask('publish', { source: 'microphone' });
      const [seen] = await Promise.all([ben.sees('anna'), ben.listensTo('anna')]);
      assert.equal(seen.codec.toLowerCase(), `video/${videoCodec}`);
      // Layers are found without reading pictures.
      await ben.ask('quality', { sid: seen.sid, quality: 0 });
      await ben.sees('anna', { fits: ({ width }) => width > 0 && width <= 640 });
      await eve.hears('encryptionError', ({ identity }) => identity === 'anna');
      assert.equal((await eve.received('anna', 'video')).frames, 0);
      await anna.ask('send', { text: 'between us', reliable: true });
      await ben.hears('data', ({ text }) => text === 'between us');
      assert.deepEqual(await eve.heard('data'), []);
    });
  }
}
