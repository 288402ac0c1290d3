// Sound: how it is carried, and what publisher and server agree on.
import assert from 'node:assert/strict';
import { house, modes } from './support/house.mjs';

const scenario = house();

/** Of a tone, in bytes: a codec's name in statistics says nothing of redundancy. */
async function sizeOfPackets(one, identity) {
  await one.listensTo(identity);
  const { bytes, packets } = await one.during(identity, 'audio', 2000);
  return bytes / packets;
}

for (const mode of modes) {
  scenario(`sound goes with redundancy, and without where its publisher wants that (${mode} connection)`, async ({ room, member, api, say }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    await ben.join(room, { mode });
    const { sid } = await anna.ask('publishTone');
    const twofold = await sizeOfPackets(ben, 'anna');
    await anna.ask('unpublish', sid);
    await ben.hears('trackUnsubscribed', ({ track }) => track === sid);
    await anna.ask('publishTone', { red: false });
    const plain = await sizeOfPackets(ben, 'anna');
    say(`${Math.round(twofold)} bytes in a packet with redundancy, ${Math.round(plain)} without`);
    assert.ok(twofold > 1.5 * plain, `${twofold} and ${plain} bytes`);
    assert.equal((await api.getParticipant(room, 'anna')).tracks[0].disableRed, true);
  });

  scenario(`silence is not sent, and music is stereo and goes on (${mode} connection)`, async ({ room, member, api }) => {
    const [anna, ben] = [await member('anna'), await member('ben')];
    await anna.join(room, { mode });
    await ben.join(room, { mode });
    const { sid } = await anna.ask('publish', { source: 'microphone' });
    await ben.listensTo('anna');
    assert.match(await anna.ask('answer'), /a=fmtp:\d+ .*usedtx=1/);
    await anna.ask('unpublish', sid);
    await ben.hears('trackUnsubscribed', ({ track }) => track === sid);
    const music = await anna.ask('publish', { source: 'microphone', dtx: false, forceStereo: true });
    await ben.listensTo('anna');
    const answer = await anna.ask('answer');
    // Browsers put these in an order of their own.
    for (const parameter of ['stereo=1', 'maxaveragebitrate=510000']) assert.match(answer, new RegExp(`a=fmtp:\\d+ .*${parameter}`));
    assert.doesNotMatch(answer, /usedtx=1/);
    const told = (await api.getParticipant(room, 'anna')).tracks.find((track) => track.sid === music.sid);
    assert.deepEqual([told.stereo, told.disableDtx], [true, true]);
  });
}
