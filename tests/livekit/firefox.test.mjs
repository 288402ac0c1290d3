// A second engine in the same room: Firefox and Chromium see and hear each other.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { launchFirefox } from '../browser/support/firefox.mjs';
import { noFirefox } from '../support/machine.mjs';
import { firefoxMember } from './support/firefox.mjs';
import { house, modes } from './support/house.mjs';

const skip = noFirefox();
const scenario = house({ skip });
let firefox;
before(async () => {
  if (!skip) firefox = await launchFirefox();
});
after(() => firefox?.close());

/** Whether a page's browser decodes H.264. It may need a plug-in for it. */
const decodesH264 = (one) => one.tab.evaluate(() => RTCRtpReceiver.getCapabilities('video').codecs.some(({ mimeType }) => mimeType === 'video/H264'));

for (const mode of modes) {
  scenario(`Firefox and Chromium see and hear each other (${mode} connection)`, async ({ room, member }) => {
    const anna = await member('anna', { make: firefoxMember, browser: firefox });
    const ben = await member('ben');
    await anna.join(room, { mode });
    await ben.join(room, { mode });
    for (const one of [anna, ben]) {
      await one.ask('publish', { source: 'camera' });
      await one.ask('publish', { source: 'microphone' });
    }
    await Promise.all([anna.sees('ben'), ben.sees('anna'), anna.listensTo('ben'), ben.listensTo('anna')]);
  }, { timeout: 120_000 });

  // None of that does a browser say itself: it is in its User-Agent.
  scenario(`Firefox is known as such, Chromium too (${mode} connection)`, async ({ room, member }) => {
    const [anna, ben] = [await member('anna', { make: firefoxMember, browser: firefox }), await member('ben')];
    const facts = [];
    for (const one of [anna, ben]) {
      await one.join(room, { mode });
      const { mime } = await one.ask('publish', { source: 'camera', videoCodec: 'h264', simulcast: false, backupCodec: false });
      facts.push({ mime, isLite: (await one.ask('answer')).includes('a=ice-lite') });
    }
    assert.deepEqual(facts, [{ mime: 'video/VP8', isLite: false }, { mime: 'video/H264', isLite: true }]);
    await ben.sees('anna');
  }, { timeout: 120_000 });

  scenario(`who cannot decode a codec is told so, and gets the others (${mode} connection)`, async ({ room, member }) => {
    const [ben, anna] = [await member('ben'), await member('anna', { make: firefoxMember, browser: firefox })];
    await ben.join(room, { mode });
    const h264 = await ben.ask('publish', { source: 'camera', videoCodec: 'h264', simulcast: false, backupCodec: false });
    await anna.join(room, { mode });
    const supported = await decodesH264(anna);
    if (!supported) await anna.hears('trackSubscriptionFailed', ({ track, error }) => track === h264.sid && error === 'SE_CODEC_UNSUPPORTED');
    const vp8 = await ben.ask('publish', { source: 'camera', videoCodec: 'vp8', name: 'second' });
    await anna.sees('ben', { fits: ({ sid }) => sid === vp8.sid });
    assert.equal((await anna.ask('received')).some((one) => one.sid === h264.sid && one.frames > 0), supported);
  }, { timeout: 120_000 });

  scenario(`who cannot decode the first codec gets the second under the same name (${mode} connection)`, async ({ room, member }) => {
    const [ben, anna] = [await member('ben'), await member('anna', { make: firefoxMember, browser: firefox })];
    await ben.join(room, { mode });
    const { sid } = await ben.ask('publish', { source: 'camera', videoCodec: 'h264', simulcast: false, backupCodec: { codec: 'vp8' } });
    await anna.join(room, { mode });
    await anna.sees('ben', { fits: (one) => one.sid === sid });
    const codec = (await decodesH264(anna)) ? 'video/H264' : 'video/VP8';
    assert.equal((await anna.ask('received')).find((one) => one.sid === sid)?.codec, codec);
  }, { timeout: 120_000 });
}
