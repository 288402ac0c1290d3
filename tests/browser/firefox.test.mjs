// @ts-check
// A second engine: Firefox calls Chromium, and is called.
import { after, before, test } from 'node:test';
import { noChromium, noFirefox } from '../support/machine.mjs';
import { startMoim } from '../support/moim.mjs';
import { meet } from './support/call.mjs';
import { chromiumPerson, launchChromium } from './support/chromium.mjs';
import { firefoxPerson, launchFirefox } from './support/firefox.mjs';
import { hearsSound } from './support/media.mjs';

const skip = noChromium() || noFirefox();
/** @type {import('../support/moim.mjs').Moim} */
let moim;
/** @type {import('playwright-core').Browser} */
let chromium;
/** @type {import('puppeteer-core').Browser} */
let firefox;

before(async () => {
  if (skip) return;
  moim = await startMoim();
  [chromium, firefox] = await Promise.all([launchChromium(), launchFirefox()]);
});
after(async () => {
  await Promise.all([chromium?.close(), firefox?.close()]);
  await moim?.stop();
});

test('Firefox is in the room first, and Chromium comes', { skip, timeout: 90_000 }, async () => {
  const [anna, ben] = [await firefoxPerson(firefox, 'Anna'), await chromiumPerson(chromium, 'Ben')];
  await meet(moim, anna, ben, { within: 30_000 });
  await Promise.all([hearsSound(anna), hearsSound(ben)]);
  await Promise.all([anna.close(), ben.close()]);
});

test('Chromium is in the room first, and Firefox comes', { skip, timeout: 90_000 }, async () => {
  const [anna, ben] = [await chromiumPerson(chromium, 'Anna'), await firefoxPerson(firefox, 'Ben')];
  await meet(moim, anna, ben, { within: 30_000 });
  await Promise.all([hearsSound(anna), hearsSound(ben)]);
  await Promise.all([anna.close(), ben.close()]);
});
