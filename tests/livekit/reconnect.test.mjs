// Connections that break and come back, as the same person or as a new one.
import assert from 'node:assert/strict';
import { until } from '../support/wait.mjs';
import { house, modes } from './support/house.mjs';

const scenario = house();

async function callOf(scene, mode) {
  const [anna, ben] = [await scene.member('anna'), await scene.member('ben')];
  const { sid } = await anna.join(scene.room, { mode });
  await ben.join(scene.room, { mode });
  for (const one of [anna, ben]) {
    await one.ask('publish', { source: 'camera' });
    await one.ask('publish', { source: 'microphone' });
  }
  await Promise.all([anna.sees('ben'), ben.sees('anna'), anna.listensTo('ben'), ben.listensTo('anna')]);
  return { anna, ben, sid };
}

const seeEachOther = (anna, ben) => Promise.all([anna.sees('ben'), ben.sees('anna'), anna.listensTo('ben'), ben.listensTo('anna')]);
/** Nobody came or went for Ben since then. */
async function nobodyMoved(ben, since) {
  for (const name of ['participantConnected', 'participantDisconnected', 'trackUnpublished']) assert.deepEqual(await ben.heard(name, since), [], name);
}

for (const mode of modes) {
  scenario(`a lost signal comes back as the same person, and nobody notices (${mode} connection)`, async (scene) => {
    const { anna, ben, sid } = await callOf(scene, mode);
    const since = await ben.now();
    const own = await anna.now();
    await anna.ask('closeSocket');
    await anna.hears('reconnected', undefined, { since: own, within: 20_000 });
    assert.equal((await anna.ask('self')).sid, sid);
    await seeEachOther(anna, ben);
    await nobodyMoved(ben, since);
    // What is said afterwards arrives: the new socket is the one in use.
    await anna.ask('send', { text: 'back', reliable: true });
    await ben.hears('data', ({ text }) => text === 'back');
    await ben.ask('send', { text: 'welcome', reliable: true });
    await anna.hears('data', ({ text }) => text === 'welcome');
  });

  scenario(`several losses in a row (${mode} connection)`, async (scene) => {
    const { anna, ben, sid } = await callOf(scene, mode);
    for (let n = 0; n < 3; n += 1) {
      const own = await anna.now();
      await anna.ask('simulate', { scenario: 'signal-reconnect' });
      await anna.hears('reconnected', undefined, { since: own, within: 20_000 });
    }
    assert.equal((await anna.ask('self')).sid, sid);
    await seeEachOther(anna, ben);
  });

  scenario(`a resume that fails becomes a new join of the same identity (${mode} connection)`, async (scene) => {
    const { anna, ben, sid } = await callOf(scene, mode);
    const own = await anna.now();
    await anna.ask('simulate', { scenario: 'full-reconnect' });
    await anna.hears('reconnected', undefined, { since: own, within: 30_000 });
    const after = await anna.ask('self');
    assert.equal(after.identity, 'anna');
    assert.notEqual(after.sid, sid);
    await seeEachOther(anna, ben);
    const people = await ben.ask('people');
    assert.deepEqual(people.map((one) => [one.identity, one.sid]), [['anna', after.sid]], 'no ghost');
  });

  scenario(`the server may ask for a new join (${mode} connection)`, async (scene) => {
    const { anna, ben } = await callOf(scene, mode);
    const own = await anna.now();
    await anna.ask('simulate', { scenario: 'leave-full-reconnect' });
    await anna.hears('reconnected', undefined, { since: own, within: 30_000 });
    await seeEachOther(anna, ben);
  });

  scenario(`changes made while somebody was away are known on return (${mode} connection)`, async (scene) => {
    const { anna, ben } = await callOf(scene, mode);
    const carla = await scene.member('carla');
    const own = await anna.now();
    await anna.ask('simulate', { scenario: 'signal-reconnect', argument: 2000 });
    await carla.join(scene.room, { mode });
    await carla.ask('publish', { source: 'camera' });
    await ben.ask('leave');
    await anna.hears('reconnected', undefined, { since: own, within: 20_000 });
    await until('Anna to know who is here', async () => (await anna.ask('people')).map(({ identity }) => identity).join() === 'carla');
    await anna.sees('carla');
  });
}

for (const mode of modes) {
  scenario(`media goes over TCP where a client asks for that (${mode} connection)`, async (scene) => {
    const { anna, ben } = await callOf(scene, mode);
    assert.ok((await anna.ask('protocols')).every((protocol) => protocol === 'udp'), 'over UDP at first');
    const own = await anna.now();
    await anna.ask('simulate', { scenario: 'force-tcp' });
    await anna.hears('reconnected', undefined, { since: own, within: 30_000 });
    await seeEachOther(anna, ben);
    const protocols = await anna.ask('protocols');
    assert.ok(protocols.length > 0 && protocols.every((protocol) => protocol === 'tcp'), `${protocols}`);
    assert.ok((await ben.ask('protocols')).every((protocol) => protocol === 'udp'), 'the others stay where they are');
  });

  scenario(`a node that fails and one that hands over are survived (${mode} connection)`, async (scene) => {
    const { anna, ben, sid } = await callOf(scene, mode);
    let own = await anna.now();
    await anna.ask('simulate', { scenario: 'migration' });
    await anna.hears('reconnected', undefined, { since: own, within: 30_000 });
    assert.equal((await anna.ask('self')).sid, sid, 'the same stay');
    await seeEachOther(anna, ben);
    own = await anna.now();
    await anna.ask('simulate', { scenario: 'node-failure' });
    await anna.hears('reconnected', undefined, { since: own, within: 40_000 });
    assert.notEqual((await anna.ask('self')).sid, sid, 'another stay');
    await seeEachOther(anna, ben);
    assert.equal((await ben.ask('people')).length, 1, 'no ghost');
  });

  scenario(`signals that break again while they resume (${mode} connection)`, async (scene) => {
    const { anna, ben } = await callOf(scene, mode);
    for (const what of ['disconnect-signal-on-resume', 'disconnect-signal-on-resume-no-messages', 'resume-reconnect']) {
      const own = await anna.now();
      await anna.ask('simulate', { scenario: what });
      await anna.hears('reconnected', undefined, { since: own, within: 40_000 });
      await seeEachOther(anna, ben);
    }
  });

  scenario(`the server may send somebody away, and say that somebody speaks (${mode} connection)`, async (scene) => {
    const { anna, ben } = await callOf(scene, mode);
    const since = await anna.now();
    await anna.ask('simulate', { scenario: 'speaker' });
    await anna.hears('speakers', ({ identities }) => identities.includes('anna'), { since });
    await anna.ask('simulate', { scenario: 'server-leave' });
    await anna.hears('disconnected', ({ reason }) => reason === 'SERVER_SHUTDOWN');
    await ben.hears('participantDisconnected', ({ identity }) => identity === 'anna');
  });
}

scenario('a tab that is closed without a word is gone soon', async (scene) => {
  const { anna, ben } = await callOf(scene, 'single');
  const at = performance.now();
  await anna.page.close({ runBeforeUnload: false });
  await ben.hears('participantDisconnected', ({ identity }) => identity === 'anna', { within: 30_000 });
  scene.say(`gone after ${Math.round(performance.now() - at)} ms`);
});
