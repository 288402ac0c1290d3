// @ts-check
// axe-core finds nothing to complain about: every page, both languages, light and dark, phone and desktop.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { meet } from './support/call.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** @typedef {import('./support/chromium.mjs').ChromiumPerson} ChromiumPerson */

/** @param {ChromiumPerson} person @param {string} place */
async function nothingToComplainOf(person, place) {
  if (!(await person.page.evaluate(() => 'axe' in window))) await person.page.evaluate(axe);
  const violations = await person.page.evaluate(async () => {
    const result = await /** @type {any} */ (window).axe.run(document, { resultTypes: ['violations'] });
    return result.violations.map((/** @type {any} */ one) => `${one.id}: ${one.nodes.map((/** @type {any} */ node) => node.target.join(' ')).join(', ')} (${one.help})`);
  });
  assert.deepEqual(violations, [], place);
}

/** Nothing is wider than the screen. @param {ChromiumPerson} person @param {string} place */
async function fits(person, place) {
  const over = await person.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${place} is ${over} px too wide`);
}

/** Opens a panel; on a phone some of the buttons are behind "more". @param {ChromiumPerson} person @param {string} name */
async function openPanel(person, name) {
  if (!(await person.at(`btn-${name}`).isVisible())) await person.click('btn-more');
  await person.click(`btn-${name}`);
  await person.sees(`panel-${name}`);
}

const shapes = [
  { size: 'phone', viewport: { width: 390, height: 844 } },
  { size: 'desktop', viewport: { width: 1280, height: 800 } },
];

for (const locale of ['en-GB', 'ko-KR']) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    for (const { size, viewport } of shapes) {
      scenario(`axe finds nothing: ${locale}, ${colorScheme}, ${size}`, async ({ moim, person }) => {
        const look = { locale, colorScheme, viewport, reducedMotion: /** @type {const} */ ('reduce') };
        const [anna, ben] = [await person('Anna', look), await person('Ben', look)];
        const check = async (/** @type {string} */ place) => {
          await nothingToComplainOf(anna, place);
          await fits(anna, place);
        };
        await anna.open(moim.url('/'));
        await anna.sees('start-create');
        await check('start');
        await anna.open(moim.url('/r/accessible'));
        await anna.sees('prejoin-preview');
        await check('pre-join');
        await meet(moim, anna, ben);
        await check('call');
        for (const panel of ['chat', 'connection', 'devices', 'dtmf', 'help']) {
          await openPanel(anna, panel);
          await check(`panel ${panel}`);
          await anna.click('panel-close');
        }
      });
    }
  }
}
