// @ts-check
// The most talkative log tells no secret.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMoim } from '../support/moim.mjs';
import { RelayedCall } from '../turn/support/call.mjs';
import { listeners } from '../turn/support/server.mjs';
import { timeLimited } from '../turn/support/stun.mjs';

const secrets = { token: 'a-token-nobody-must-read-0123456789', turn: 'a-turn-secret-nobody-must-read-0123', password: 'a-password-nobody-must-read' };

test('no secret is in the log, at any level, in any format', async () => {
  for (const format of ['text', 'json']) {
    const moim = await startMoim({
      dev: false,
      config: {
        direct: { token: secrets.token },
        turn: { shared_secret: secrets.turn, users: { alice: secrets.password }, external_ip: '127.0.0.1' },
        log: { level: 'trace', format },
      },
    });
    const issued = timeLimited(secrets.turn, 'guest');
    const call = await RelayedCall.start(listeners(moim).udp, () => issued);
    await call.end();
    const url = `http://127.0.0.1:${moim.port('http')}/direct/join`;
    const headers = { 'content-type': 'application/json' };
    const joined = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ room: 'secret-room', peerId: 'anna', key: secrets.token }) });
    assert.equal(joined.status, 200, await joined.clone().text());
    const { token, invite } = await joined.json();
    await fetch(url, { method: 'POST', headers, body: JSON.stringify({ room: 'secret-room', peerId: 'ben', key: 'a-wrong-key-nobody-must-read' }) });
    await fetch(`http://127.0.0.1:${moim.port('http')}/connections?token=${secrets.token}`);
    await moim.stop();
    assert.ok(moim.log.length > 1000, 'the log says nothing');
    for (const secret of [...Object.values(secrets), issued.password, token, invite, 'a-wrong-key-nobody-must-read']) {
      assert.ok(secret.length > 8 && !moim.log.includes(secret), `in the log as ${format}: ${secret}`);
    }
  }
});
