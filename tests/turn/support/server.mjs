// @ts-check
// A Moim for the TURN suite, and its listeners as a TURN client sees them.
import { startMoim } from '../../support/moim.mjs';
import { merged } from '../../support/toml.mjs';
import { timeLimited } from './stun.mjs';

export const secret = 'a secret of this test';
export const user = { user: 'alice', password: 'looking glass' };

/** Where relayed addresses are: on loopback, but not where anything else is. */
export const relayAddress = '127.0.0.9';
/** Where media is, likewise: TURN reaches its ports, so that permissions for its address are granted. */
const mediaAddress = '127.0.0.8';

/**
 * Starts a server whose relayed addresses are on loopback; the peer policy is the default one unless the test opens it.
 * @param {Record<string, any>} [config]
 */
export function startTurn(config = {}) {
  const turn = { shared_secret: secret, users: { [user.user]: user.password }, external_ip: relayAddress, user_quota: 100 };
  return startMoim({ config: merged({ turn, media: { udp_address: mediaAddress } }, config) });
}

/** A credential of its own each time, as a door would issue it. */
export function credential() {
  return timeLimited(secret, `guest-${Math.random().toString(36).slice(2)}`);
}

/**
 * @param {import('../../support/moim.mjs').Moim} moim
 * @returns {Record<'udp' | 'tcp' | 'tls' | 'https', import('./wire.mjs').Server>}
 */
export function listeners(moim) {
  const host = '127.0.0.1';
  return {
    udp: { host, port: moim.port('turn'), transport: 'udp' },
    tcp: { host, port: moim.port('turn'), transport: 'tcp' },
    tls: { host, port: moim.port('turns'), transport: 'tls' },
    https: { host, port: moim.port('https'), transport: 'tls' },
  };
}
