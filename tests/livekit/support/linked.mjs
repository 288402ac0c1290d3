// Rooms whose members sit behind links that are as bad as a test wants: a server and browsers in network namespaces.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Links, noLinks, serverAddress } from '../../lab/support/links.mjs';
import { chromiumMember } from './chromium.mjs';
import { keepEvidence, newRoom, startLivekit } from './house.mjs';
import { fulfilPage } from './page_server.mjs';

const skip = noLinks();

async function perform(context, name, play) {
  const links = await Links.up();
  const house = { url: `wss://${serverAddress}`, page: await fulfilPage() };
  const members = [];
  const browsers = new Map();
  /** Somebody at a client that has been plugged in. */
  const member = async (who, host) => {
    if (!browsers.has(host)) browsers.set(host, await links.browser(host));
    const one = await chromiumMember(browsers.get(host), house, who);
    members.push(one);
    return one;
  };
  try {
    // A connection whose other end is gone says no goodbye: the end of a test does not wait long for it.
    const config = { media: { external_ip: serverAddress }, server: { drain_timeout_s: 3 } };
    house.moim = await startLivekit({ namespace: links.server, host: serverAddress, config });
    await play({ links, moim: house.moim, room: newRoom(), member, say: (text) => context.diagnostic(text) });
    assert.deepEqual(members.flatMap(({ name: who, problems }) => problems.map((problem) => `${who}: ${problem}`)), [], 'a page complained');
  } catch (error) {
    if (house.moim) console.log(`evidence in ${await keepEvidence(name, house, members)}`);
    throw error;
  } finally {
    await Promise.all(members.map((one) => one.close().catch(() => {})));
    try {
      await house.moim?.stop();
    } finally {
      await links.down();
    }
  }
}

/**
 * A scenario in a lab of its own. Several browsers on a busy machine miss a deadline now and then; a fault misses it
 * twice. A second try is always said.
 * @param {string} name @param {(scene: any) => Promise<void>} play @param {{ timeout?: number }} [limits]
 */
export function linked(name, play, { timeout = 120_000 } = {}) {
  test(name, { skip, timeout: 2 * timeout }, async (context) => {
    try {
      await perform(context, name, play);
    } catch (error) {
      context.diagnostic(`a second try, after: ${error.message}`);
      await perform(context, name, play);
    }
  });
}
