// @ts-check
// Where the pictures for the documents go, and who is on them.
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startMoim } from '../../support/moim.mjs';
import { chromiumPerson, launchChromium } from './chromium.mjs';
import { nameDevices, paintDevices, sceneries } from './scenery.mjs';

const folder = fileURLToPath(new URL('../../../docs/screenshots', import.meta.url));
const most = 300_000;

/** What a phone and a desktop show, by their width. */
export const viewports = { 390: { width: 390, height: 844 }, 1280: { width: 1280, height: 800 } };

/**
 * @typedef {import('./chromium.mjs').ChromiumPerson} ChromiumPerson
 * @typedef {import('../../support/moim.mjs').Moim} Moim
 * @typedef {(name: string, scenery: keyof typeof sceneries, options: import('./chromium.mjs').PersonOptions, manner?: { speaks?: boolean, rate?: number }) => Promise<ChromiumPerson>} Invite
 */

/** @param {ChromiumPerson} person @param {string} name */
export async function take(person, name) {
  const file = path.join(folder, `${name}.png`);
  await person.page.screenshot({ path: file, animations: 'disabled' });
  const { size } = await stat(file);
  console.log(`${file} ${Math.round(size / 1000)} kB`);
  if (size > most) throw new Error(`${file} is larger than ${most / 1000} kB`);
}

/** A server and a browser for pictures, gone afterwards. @param {(moim: Moim, invite: Invite) => Promise<void>} tour */
export async function album(tour) {
  await mkdir(folder, { recursive: true });
  const moim = await startMoim();
  const browser = await launchChromium();
  try {
    await tour(moim, async (name, scenery, options, { speaks = false, rate = 5 } = {}) => {
      const person = await chromiumPerson(browser, name, options);
      await person.context.addInitScript(paintDevices, { ...sceneries[scenery], speaks, rate });
      await person.context.addInitScript(nameDevices);
      return person;
    });
  } finally {
    await browser.close();
    await moim.stop();
  }
}
