// @ts-check
// Pictures for the documents: node tests/browser/screenshots.mjs writes docs/screenshots/PAGE-WIDTH-SCHEME.png.
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startMoim } from '../support/moim.mjs';
import { until } from '../support/wait.mjs';
import { enter, meet } from './support/call.mjs';
import { chromiumPerson, launchChromium } from './support/chromium.mjs';

const folder = fileURLToPath(new URL('../../docs/screenshots', import.meta.url));
const widths = { 390: 844, 1280: 800 };
const most = 300_000;

/** @typedef {import('./support/chromium.mjs').ChromiumPerson} ChromiumPerson */

/** @param {ChromiumPerson} person @param {string} name */
async function take(person, name) {
  const file = path.join(folder, `${name}.png`);
  await person.page.screenshot({ path: file, animations: 'disabled' });
  const { size } = await stat(file);
  console.log(`${file} ${Math.round(size / 1000)} kB`);
  if (size > most) throw new Error(`${file} is larger than ${most / 1000} kB`);
}

/** @param {ChromiumPerson} person @param {string} name */
async function openPanel(person, name) {
  if (!(await person.at(`btn-${name}`).isVisible())) await person.click('btn-more');
  await person.click(`btn-${name}`);
  await person.sees(`panel-${name}`);
}

/** @param {import('../support/moim.mjs').Moim} moim @param {ChromiumPerson} anna @param {ChromiumPerson} ben @param {ChromiumPerson} carla @param {string} look */
async function tour(moim, anna, ben, carla, look) {
  const room = `garden-${look}`;
  await anna.open(moim.url('/'));
  await anna.sees('start-create');
  await take(anna, `start-${look}`);
  await anna.open(moim.url(`/r/${room}`));
  await anna.sees('prejoin-preview');
  await anna.fill('prejoin-name', 'Anna');
  await until('the level meter to move', async () => Number(await anna.attribute('prejoin-level', 'aria-valuenow')) > 5, { every: 20 });
  await take(anna, `prejoin-${look}`);
  await meet(moim, anna, ben, { room });
  await take(anna, `call-${look}`);
  await openPanel(anna, 'connection');
  await anna.page.locator('[data-testid=panel-path][data-path=direct]').waitFor();
  // Long enough for the graph to have something to show.
  await new Promise((done) => setTimeout(done, 8000));
  await take(anna, `connection-${look}`);
  await enter(carla, moim, room);
  await carla.sees('error-page');
  await take(carla, `full-${look}`);
}

await mkdir(folder, { recursive: true });
const moim = await startMoim();
const browser = await launchChromium();
try {
  for (const [width, height] of Object.entries(widths)) {
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      const options = { viewport: { width: Number(width), height }, colorScheme };
      const [anna, ben, carla] = [await chromiumPerson(browser, 'Anna', options), await chromiumPerson(browser, 'Ben', options), await chromiumPerson(browser, 'Carla', options)];
      await tour(moim, anna, ben, carla, `${width}-${colorScheme}`);
      await Promise.all([anna, ben, carla].map(({ context }) => context.close()));
    }
  }
} finally {
  await browser.close();
  await moim.stop();
}
