// @ts-check
// Where a browser test plays: a Moim and a Chromium for each file, people for each test, and evidence when one fails.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noChromium } from '../../support/machine.mjs';
import { startMoim } from '../../support/moim.mjs';
import { withSecondTry } from '../../support/second_try.mjs';
import { chromiumPerson, launchChromium } from './chromium.mjs';

const artifacts = fileURLToPath(new URL('../../.artifacts', import.meta.url));

/**
 * @typedef {object} Scene
 * @property {import('../../support/moim.mjs').Moim} moim
 * @property {import('playwright-core').Browser} browser
 * @property {(name: string, options?: import('./chromium.mjs').PersonOptions) => Promise<import('./chromium.mjs').ChromiumPerson>} person
 */

/** A screenshot and the complaints of everybody. @param {string} name @param {import('./chromium.mjs').ChromiumPerson[]} people */
async function keepEvidence(name, people) {
  const folder = path.join(artifacts, name.replaceAll(/[^\p{L}\d]+/gu, '-'));
  await mkdir(folder, { recursive: true });
  for (const { name: who, page, problems } of people) {
    if (page.isClosed()) continue;
    await page.screenshot({ path: path.join(folder, `${who}.png`) }).catch(() => {});
    await writeFile(path.join(folder, `${who}.txt`), `${page.url()}\n${problems.join('\n')}\n${await page.locator('body').innerText().catch(() => '')}`);
  }
  return folder;
}

/**
 * `crowded`: several people who send to each other through the server; a scenario has a second try.
 * @param {{ moim?: import('../../support/moim.mjs').Options, browser?: Parameters<typeof launchChromium>[0], skip?: string | false, crowded?: boolean }} [options]
 */
export function stage(options = {}) {
  const skip = options.skip || noChromium();
  /** @type {{ moim: import('../../support/moim.mjs').Moim, browser: import('playwright-core').Browser }} */
  const house = /** @type {any} */ ({});
  before(async () => {
    if (skip) return;
    house.moim = await startMoim(options.moim);
    house.browser = await launchChromium(options.browser);
  });
  after(async () => {
    await house.browser?.close();
    await house.moim?.stop();
  });

  /** @param {string} name @param {(scene: Scene) => Promise<void>} play */
  async function perform(name, play) {
    /** @type {import('./chromium.mjs').ChromiumPerson[]} */
    const people = [];
    const person = async (/** @type {string} */ who, /** @type {import('./chromium.mjs').PersonOptions | undefined} */ how) => {
      const one = await chromiumPerson(house.browser, who, how);
      people.push(one);
      return one;
    };
    try {
      await play({ ...house, person });
      assert.deepEqual(people.flatMap(({ name: who, problems }) => problems.map((problem) => `${who}: ${problem}`)), [], 'a page complained');
    } catch (error) {
      console.log(`evidence in ${await keepEvidence(name, people)}`);
      throw error;
    } finally {
      await Promise.all(people.map(({ context }) => context.close()));
    }
  }

  /** @param {string} name @param {(scene: Scene) => Promise<void>} play */
  return (name, play) =>
    options.crowded
      ? test(name, { skip, timeout: 300_000 }, (context) => withSecondTry(context, () => perform(name, play)))
      : test(name, { skip, timeout: 120_000 }, () => perform(name, play));
}
