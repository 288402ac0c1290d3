// Networks that let little through: a firewall without UDP, and a short loss of everything.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { linked } from '../livekit/support/linked.mjs';
import { modes } from '../livekit/support/house.mjs';

async function pairOf(scene) {
  const link = await scene.links.plug('anna', 'wifi', 'delay_ms=10');
  await scene.links.plug('ben', 'wifi');
  return { link, anna: await scene.member('anna', 'anna'), ben: await scene.member('ben', 'ben') };
}

async function publish(one) {
  await one.ask('publish', { source: 'camera', width: 320, height: 180, fps: 10 });
  await one.ask('publish', { source: 'microphone' });
}

const seeEachOther = (anna, ben) => Promise.all([anna.sees('ben'), ben.sees('anna'), anna.listensTo('ben'), ben.listensTo('anna')]);

for (const mode of modes) {
  linked(`where UDP is blocked, media goes over TCP, soon (${mode} connection)`, async (scene) => {
    const { anna, ben } = await pairOf(scene);
    await scene.links.filter('anna', 'no-udp');
    await ben.join(scene.room, { mode });
    await publish(ben);
    const began = performance.now();
    await anna.join(scene.room, { mode });
    const connected = performance.now() - began;
    await publish(anna);
    await seeEachOther(anna, ben);
    const paths = await anna.ask('paths');
    scene.say(`connected after ${Math.round(connected)} ms, over ${paths.map(({ protocol }) => protocol).join(' and ')}`);
    assert.ok(paths.length > 0 && paths.every(({ protocol }) => protocol === 'tcp'), JSON.stringify(paths));
    assert.ok(connected <= 3000, `connected after ${connected} ms`);
  });
}

linked('after 5 s without a network a member is back as herself', async (scene) => {
  const { link, anna, ben } = await pairOf(scene);
  const { sid } = await anna.join(scene.room);
  await ben.join(scene.room);
  await Promise.all([publish(anna), publish(ben)]);
  await seeEachOther(anna, ben);
  const since = await ben.now();
  await link.set('dark=true');
  await sleep(5000);
  await link.set('dark=false');
  await seeEachOther(anna, ben);
  assert.equal((await anna.ask('self')).sid, sid);
  for (const name of ['participantConnected', 'participantDisconnected', 'trackUnpublished']) assert.deepEqual(await ben.heard(name, since), [], name);
});
