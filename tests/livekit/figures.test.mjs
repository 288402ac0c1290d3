// What the server counts of its connections, and that nothing is left when they have ended.
import assert from 'node:assert/strict';
import { until } from '../support/wait.mjs';
import { house, modes } from './support/house.mjs';

const scenario = house();
const gauges = ['moim_rooms_participants', 'moim_rooms_publications', 'moim_rooms_subscriptions', 'moim_rooms_sessions', 'moim_sfu_legs', 'moim_sfu_subscriptions', 'moim_livekit_connections'];

for (const mode of modes) {
  scenario(`connections are counted while they last, and end in the figures too (${mode} connection)`, async ({ room, member, moim }) => {
    const before = await moim.metrics();
    const [anna, ben] = [await member('anna'), await member('ben')];
    for (const one of [anna, ben]) {
      await one.join(room, { mode });
      await one.ask('publish', { source: 'camera' });
      await one.ask('publish', { source: 'microphone' });
    }
    await Promise.all([anna.sees('ben'), ben.sees('anna')]);
    const legs = mode === 'dual' ? 4 : 2;
    await until('all of it to be counted', async () => {
      const now = await moim.metrics();
      const counted = gauges.map((name) => now.sum(name));
      return counted.join() === [2, 4, 4, 2, legs, 4, 2].join();
    });
    const during = await moim.metrics();
    const grown = (name, labels) => during.sum(name, labels) - before.sum(name, labels);
    assert.ok(grown('moim_sfu_packets_forwarded_total') > 20, 'packets forwarded');
    assert.ok(grown('moim_livekit_messages_received_total') > 10 && grown('moim_livekit_messages_sent_total') > 10, 'signals');
    assert.equal(grown('moim_rooms_joined_total'), 2);
    await anna.ask('leave');
    await ben.close();
    await until('nothing to be left', async () => {
      const now = await moim.metrics();
      return gauges.every((name) => now.sum(name) === 0);
    }, { within: 60_000 });
    const after = await moim.metrics();
    assert.ok(after.sum('moim_rooms_left_total', 'reason="client_initiated"') >= before.sum('moim_rooms_left_total', 'reason="client_initiated"') + 1);
  });
}
