// Where these tests play: a Moim, a page and a Chromium for each file, members for each test.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noChromium } from '../../support/machine.mjs';
import { startMoim } from '../../support/moim.mjs';
import { withSecondTry } from '../../support/second_try.mjs';
import { chromiumMember, launch } from './chromium.mjs';
import { apiKey, apiSecret, roomService } from './keys.mjs';
import { servePage } from './page_server.mjs';

const artifacts = fileURLToPath(new URL('../../.artifacts/livekit', import.meta.url));

export const newRoom = () => `room-${randomBytes(6).toString('hex')}`;

/** A Moim that knows the tests' key. */
export const startLivekit = (options = {}) =>
  startMoim({ ...options, dev: false, config: { livekit: { keys: { [apiKey]: apiSecret } }, ...options.config } });

/** The address that a LiveKit client is given. @param {import('../../support/moim.mjs').Moim} moim */
export const urlOf = (moim) => `ws://127.0.0.1:${moim.port('http')}`;

/** What everybody saw and complained of. */
export async function keepEvidence(name, house, members) {
  const folder = path.join(artifacts, name.replaceAll(/[^\p{L}\d]+/gu, '-').slice(0, 80));
  await mkdir(folder, { recursive: true });
  for (const member of members) {
    const events = await member.ask('events').catch((error) => `${error}`);
    const received = await member.ask('received').catch((error) => `${error}`);
    await writeFile(path.join(folder, `${member.name}.json`), JSON.stringify({ problems: member.problems, console: member.console, received, events }, null, 1));
  }
  await writeFile(path.join(folder, 'moim.log'), house.moim.log);
  return folder;
}

/**
 * @param {{ moim?: import('../../support/moim.mjs').Options, args?: string[], skip?: string | false }} [options]
 */
export function house(options = {}) {
  const skip = options.skip || noChromium();
  const own = {};
  before(async () => {
    if (skip) return;
    own.moim = await startLivekit(options.moim);
    own.url = urlOf(own.moim);
    own.api = roomService(own.url.replace('ws', 'http'));
    own.page = await servePage();
    own.browser = await launch(options.args);
  });
  after(async () => {
    await own.browser?.close();
    own.page?.close();
    await own.moim?.stop();
  });

  /** @param {import('node:test').TestContext} context @param {string} name @param {(scene: any) => Promise<void>} play */
  async function perform(context, name, play) {
    const members = [];
    const member = async (who, how = {}) => {
      const one = await (how.make ?? chromiumMember)(how.browser ?? own.browser, own, who);
      members.push(one);
      return one;
    };
    try {
      await play({ ...own, room: newRoom(), member, say: (text) => context.diagnostic(text) });
      assert.deepEqual(members.flatMap(({ name: who, problems }) => problems.map((problem) => `${who}: ${problem}`)), [], 'a page complained');
    } catch (error) {
      console.log(`evidence in ${await keepEvidence(name, own, members)}`);
      throw error;
    } finally {
      await Promise.all(members.map((one) => one.close()));
    }
  }

  /**
   * With a second try.
   * @param {string} name @param {(scene: any) => Promise<void>} play @param {{ timeout?: number }} [limits]
   */
  return (name, play, { timeout = 90_000 } = {}) =>
    test(name, { skip, timeout: 2 * timeout }, (context) => withSecondTry(context, () => perform(context, name, play)));
}

export const modes = /** @type {const} */ (['single', 'dual']);
