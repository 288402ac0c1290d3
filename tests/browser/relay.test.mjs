// @ts-check
// The call through Moim's own TURN, when nothing else is left, over each way to it. Nobody has configured anything.
import assert from 'node:assert/strict';
import { meet } from './support/call.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();

for (const [protocol, onlyUrls] of [['udp', 'turn:.*transport=udp'], ['tcp', 'turn:.*transport=tcp'], ['tls', 'turns:.*transport=tcp']]) {
  scenario(`a relayed call over ${protocol}`, async ({ moim, person }) => {
    const before = (await moim.metrics()).sum('moim_turn_relayed_bytes_total');
    const forced = { iceTransportPolicy: /** @type {const} */ ('relay'), onlyUrls };
    const [anna, ben] = [await person('Anna', { forced }), await person('Ben', { forced })];
    const { seenByFirst, seenBySecond } = await meet(moim, anna, ben);
    for (const { local } of [seenByFirst, seenBySecond]) {
      assert.equal(local?.type, 'relay');
      assert.equal(local?.relayProtocol, protocol);
      if (protocol === 'tls') assert.match(local?.url ?? '', new RegExp(`:${moim.port('https')}\\b`), 'TURN over TLS is on the HTTPS port');
    }
    assert.ok((await moim.metrics()).sum('moim_turn_relayed_bytes_total') > before, 'the relay counted nothing');
    await anna.click('btn-connection');
    await anna.page.locator(`[data-testid=panel-path][data-path=relay][data-relay=${protocol}]`).waitFor();
  });
}
