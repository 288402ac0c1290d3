// @ts-check
// What axe-core and a narrow screen have to say about a page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** @typedef {import('./chromium.mjs').ChromiumPerson} ChromiumPerson */

/** @param {ChromiumPerson} person @param {string} place */
async function nothingToComplainOf(person, place) {
  if (!(await person.page.evaluate(() => 'axe' in window))) await person.page.evaluate(axe);
  const violations = await person.page.evaluate(async () => {
    // What a new size of the window sets off has come to rest: sizes that are measured follow a frame later.
    const frame = () => new Promise((next) => requestAnimationFrame(next));
    await frame();
    await frame();
    await Promise.allSettled(document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity).map((one) => one.finished));
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

/** @param {ChromiumPerson} person @param {string} place */
export async function isAccessible(person, place) {
  await nothingToComplainOf(person, place);
  await fits(person, place);
}

/** Opens a panel; on a phone some of the buttons are behind "more". @param {ChromiumPerson} person @param {string} name */
export async function openPanel(person, name) {
  if (!(await person.at(`btn-${name}`).isVisible())) await person.click('btn-more');
  await person.click(`btn-${name}`);
  await person.sees(`panel-${name}`);
}
