// What the server makes of what a client is. Browsers do not say it of themselves: it is in their User-Agent.
import assert from 'node:assert/strict';
import { chromiumMember } from './support/chromium.mjs';
import { house, modes } from './support/house.mjs';
import { tokenFor } from './support/keys.mjs';
import { joinRequest, openSignal } from './support/signal.mjs';

const scenario = house();

const agents = {
  /** A phone whose H.264 encoder is not to be used. */
  phone: 'Mozilla/5.0 (Linux; Android 12; 2201117TI Build/SKQ1.211103.001) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
  safari: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15',
};

for (const mode of modes) {
  scenario(`a phone that encodes H.264 badly publishes something else (${mode} connection)`, async ({ room, member }) => {
    const phone = (browser, own, name) => chromiumMember(browser, own, name, { userAgent: agents.phone });
    const [anna, ben, plain] = [await member('anna', { make: phone }), await member('ben'), await member('plain')];
    for (const one of [anna, ben, plain]) await one.join(room, { mode });
    const h264 = { source: 'camera', videoCodec: 'h264', simulcast: false, backupCodec: false };
    assert.equal((await anna.ask('publish', h264)).mime, 'video/VP8');
    assert.equal((await plain.ask('publish', h264)).mime, 'video/H264');
    if (mode === 'dual') assert.doesNotMatch(await anna.ask('answer'), /H264/);
    await Promise.all([ben.sees('anna'), ben.sees('plain')]);
    // What it may not publish it may well view.
    await anna.sees('plain');
  });
}

scenario('Safari is told which codecs it must not use, on either path', async ({ url, room }) => {
  const token = await tokenFor(room, 'anna');
  const paths = [`/rtc?access_token=${token}&protocol=16&sdk=js`, `/rtc/v1?access_token=${token}&join_request=${await joinRequest({})}`];
  for (const path of paths) {
    const signal = await openSignal(`${url}${path}`, { 'user-agent': agents.safari });
    const join = await signal.next('join');
    const { codecs, publish } = join.clientConfiguration.disabledCodecs;
    assert.deepEqual([codecs, publish].map((list) => list.map(({ mime }) => mime)), [['video/AV1'], ['video/VP9']]);
    assert.deepEqual(join.enabledPublishCodecs.map(({ mime }) => mime).filter((mime) => /AV1|VP9/.test(mime)), []);
    signal.close();
  }
});

// No client does so any more.
scenario("an old client's second connection publishes under a name of its own", async ({ url, room }) => {
  const open = async (rest) => openSignal(`${url}/rtc?access_token=${await tokenFor(room, 'anna')}&protocol=16&sdk=js${rest}`);
  const [first, second] = [await open(''), await open('&publish=screen')];
  assert.equal((await first.next('join')).participant.identity, 'anna');
  const { participant } = await second.next('join');
  assert.deepEqual([participant.identity, participant.permission.canSubscribe], ['anna#screen', false]);
  first.close();
  second.close();
});
