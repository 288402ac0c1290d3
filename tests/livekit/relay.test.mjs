// Clients that reach nothing but TURN are in the room all the same: their packets change hands inside the server.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { observeConnections } from '../browser/support/observe.mjs';
import { until } from '../support/wait.mjs';
import { house } from './support/house.mjs';

const secret = 'a-turn-secret-of-these-tests';
const scenario = house({ moim: { config: { turn: { shared_secret: secret } } } });

/** A page that keeps only the TURN addresses of this pattern. */
async function relayedMember(member, name, onlyUrls) {
  const one = await member(name);
  await one.page.addInitScript(observeConnections, { onlyUrls });
  await one.page.reload();
  await one.page.waitForSelector('body[data-ready=true]', { state: 'attached' });
  return one;
}

/** The selected pairs of all connections of a page that are connected. */
const pairs = () =>
  Promise.all(
    window.observedConnections.filter(({ connectionState }) => connectionState === 'connected').map(async (connection) => {
      const stats = await connection.getStats();
      const transport = [...stats.values()].find(({ type }) => type === 'transport');
      const pair = stats.get(transport.selectedCandidatePairId);
      const { candidateType: type, relayProtocol, url } = stats.get(pair.localCandidateId);
      return { type, relayProtocol, url, remote: stats.get(pair.remoteCandidateId).candidateType };
    }),
  );

const figures = ['turn_packets_to_media', 'turn_packets_from_media', 'media_packets_from_turn', 'media_packets_to_turn', 'turn_packets_to_peers', 'turn_packets_to_clients'];

async function counted(moim) {
  const metrics = await moim.metrics();
  return Object.fromEntries(figures.map((name) => [name, metrics.sum(`moim_${name}_total`)]));
}

for (const [protocol, onlyUrls, mode] of [
  ['udp', 'turn:.*transport=udp', 'single'],
  ['udp', 'turn:.*transport=udp', 'dual'],
  ['tcp', 'turn:.*transport=tcp', 'dual'],
  ['tls', 'turns:.*transport=tcp', 'single'],
]) {
  scenario(`two people who reach only TURN over ${protocol} see and hear each other (${mode} connection)`, async ({ moim, room, member }) => {
    const before = await counted(moim);
    const [anna, ben] = [await relayedMember(member, 'anna', onlyUrls), await relayedMember(member, 'ben', onlyUrls)];
    for (const one of [anna, ben]) {
      await one.join(room, { mode, connect: { rtcConfig: { iceTransportPolicy: 'relay' } } });
      await one.ask('publish', { source: 'camera' });
      await one.ask('publish', { source: 'microphone' });
    }
    await Promise.all([anna.sees('ben'), ben.sees('anna'), anna.listensTo('ben'), ben.listensTo('anna')]);
    for (const one of [anna, ben]) {
      const selected = await one.page.evaluate(pairs);
      assert.equal(selected.length, mode === 'dual' ? 2 : 1, JSON.stringify(selected));
      for (const { type, relayProtocol, url } of selected) {
        assert.deepEqual({ type, relayProtocol }, { type: 'relay', relayProtocol: protocol });
        if (protocol === 'tls') assert.match(url, new RegExp(`:${moim.port('https')}\\b`), 'TURN over TLS is on the HTTPS port');
      }
    }
    await until('the hand-over to be counted on both sides', async () => {
      const after = await counted(moim);
      return figures.every((name) => after[name] > before[name] + 50);
    });
    // The figures of one moment: each packet of TURN was handed over, none left through a relay's socket.
    const { turn_packets_to_media, turn_packets_from_media, turn_packets_to_peers, turn_packets_to_clients } = await counted(moim);
    assert.deepEqual([turn_packets_to_peers, turn_packets_to_clients], [turn_packets_to_media, turn_packets_from_media]);
    const metrics = await moim.metrics();
    for (const side of ['turn', 'media']) assert.equal(metrics.sum(`moim_${side}_handovers_dropped_total`), 0);
  });
}

scenario('somebody behind TURN and somebody without see each other', async ({ room, member }) => {
  const [anna, ben] = [await relayedMember(member, 'anna', 'turns:'), await member('ben')];
  await anna.join(room, { connect: { rtcConfig: { iceTransportPolicy: 'relay' } } });
  await ben.join(room);
  for (const one of [anna, ben]) await one.ask('publish', { source: 'camera' });
  await Promise.all([anna.sees('ben'), ben.sees('anna')]);
});

/** A credential as a door makes it, of some seconds from now. */
function credential(seconds, key = secret) {
  const username = `${Math.floor(Date.now() / 1000) + seconds}:anna`;
  return { username, credential: createHmac('sha1', key).update(username).digest('base64') };
}

for (const [what, make] of [
  ['of another secret', () => credential(600, 'some-other-secret-of-nobody')],
  ['that has expired', () => credential(-60)],
]) {
  scenario(`a TURN credential ${what} brings nobody in`, async ({ moim, room, member }) => {
    const refused = async () => (await moim.metrics()).sum('moim_turn_errors_answered_total', 'code="401"');
    const relays = async () => (await moim.metrics()).sum('moim_turn_allocations_created_total');
    const [refusedBefore, relaysBefore] = [await refused(), await relays()];
    const anna = await member('anna');
    const urls = ['udp', 'tcp'].map((transport) => `turn:localhost:${moim.port('turn')}?transport=${transport}`);
    const rtcConfig = { iceTransportPolicy: 'relay', iceServers: [{ urls, ...make() }] };
    const answer = await anna.tryJoin(room, { connect: { rtcConfig, peerConnectionTimeout: 8000, maxRetries: 0 } });
    assert.equal(answer.ok, false, JSON.stringify(answer));
    // The first 401 is the challenge that every client gets; the second refuses.
    await until('the refusals to be counted', async () => (await refused()) >= refusedBefore + 2);
    assert.equal(await relays(), relaysBefore);
  });
}

scenario('the same secret, in time, brings them in', async ({ moim, room, member }) => {
  const anna = await member('anna');
  const urls = [`turn:localhost:${moim.port('turn')}?transport=udp`];
  await anna.join(room, { connect: { rtcConfig: { iceTransportPolicy: 'relay', iceServers: [{ urls, ...credential(600) }] } } });
  assert.equal((await anna.ask('self')).connected, true);
});
