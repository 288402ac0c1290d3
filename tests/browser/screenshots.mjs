// @ts-check
// Pictures for the documents: node tests/browser/screenshots.mjs writes docs/screenshots/PAGE-WIDTH-SCHEME.png.
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startMoim } from '../support/moim.mjs';
import { until } from '../support/wait.mjs';
import { openPanel } from './support/accessibility.mjs';
import { enter, meet } from './support/call.mjs';
import { chromiumPerson, launchChromium } from './support/chromium.mjs';
import { paintScenery } from './support/scenery.mjs';

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

/** @param {import('../support/moim.mjs').Moim} moim @param {ChromiumPerson} anna @param {ChromiumPerson} ben @param {ChromiumPerson} carla @param {string} look */
async function tour(moim, anna, ben, carla, look) {
  const room = 'garden-party';
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

/** A browser whose camera looks at this scenery. @param {string} file @param {'day' | 'dusk'} name */
async function browserLookingAt(file, name) {
  await paintScenery(file, name);
  return launchChromium({ args: [`--use-file-for-fake-video-capture=${file}`] });
}

/** Devices with the names that devices have; those of Chromium's fakes mean nothing to a reader. */
function nameDevices() {
  const names = { videoinput: 'Built-in camera', audioinput: 'Built-in microphone', audiooutput: 'Headphones' };
  const native = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
  navigator.mediaDevices.enumerateDevices = async () => {
    const all = (await native()).filter((device, index, list) => list.findIndex((other) => other.kind === device.kind) === index);
    return all.map(({ deviceId, groupId, kind }) => ({ deviceId, groupId, kind, label: names[kind], toJSON: () => ({}) }));
  };
}

await mkdir(folder, { recursive: true });
const scratch = await mkdtemp(path.join(tmpdir(), 'moim-scenery-'));
const moim = await startMoim();
const browsers = [await browserLookingAt(path.join(scratch, 'day.y4m'), 'day'), await browserLookingAt(path.join(scratch, 'dusk.y4m'), 'dusk')];
const [day, dusk] = /** @type {[import('playwright-core').Browser, import('playwright-core').Browser]} */ (browsers);
try {
  for (const [width, height] of Object.entries(widths)) {
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      const options = { viewport: { width: Number(width), height }, colorScheme };
      const people = [await chromiumPerson(day, 'Anna', options), await chromiumPerson(dusk, 'Ben', options), await chromiumPerson(dusk, 'Carla', options)];
      for (const { context } of people) await context.addInitScript(nameDevices);
      const [anna, ben, carla] = /** @type {[ChromiumPerson, ChromiumPerson, ChromiumPerson]} */ (people);
      await tour(moim, anna, ben, carla, `${width}-${colorScheme}`);
      await Promise.all(people.map(({ context }) => context.close()));
    }
  }
} finally {
  await Promise.all(browsers.map((browser) => browser.close()));
  await rm(scratch, { recursive: true });
  await moim.stop();
}
