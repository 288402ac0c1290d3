// @ts-check
// The steps of a meeting of many, as people take them in the app, and what arrives at each of them.
import { until } from '../../support/wait.mjs';
import { join } from './call.mjs';
import { readArrivals } from './observe.mjs';

/**
 * @typedef {import('./chromium.mjs').ChromiumPerson} ChromiumPerson
 * @typedef {{ name: string, id: string, framesDecoded: number, width: number }} Arriving
 * @typedef {{ tiles: Arriving[], sounds: { id: string, energy: number }[] }} Arrivals
 */

/** Fewer frames than a real camera's, so that several people find room on one machine. */
export const calmCamera = '--use-fake-device-for-media-stream=fps=10';

/** By link into the room. @param {ChromiumPerson} person @param {string} link */
export async function come(person, link) {
  await person.open(link);
  await join(person);
  await groupIs(person, 'connected');
}

/** @param {ChromiumPerson} person @param {string} state @param {number} [count] people in the room */
export function groupIs(person, state, count) {
  const those = count === undefined ? '' : `[data-count="${count}"]`;
  return person.page.locator(`[data-testid=group-status][data-state=${state}]${those}`).waitFor({ timeout: 45_000 });
}

/** Somebody's tile. @param {ChromiumPerson} person who looks @param {string} name who is seen @param {string} [facts] as CSS */
export function tileOf(person, name, facts = '') {
  const label = person.at('group-name').getByText(name, { exact: true });
  return person.page.locator(`[data-testid=group-tile]${facts}`).filter({ has: label });
}

/** @param {ChromiumPerson} person @returns {Promise<Arrivals>} */
export const arrivalsAt = (person) => person.evaluate(readArrivals);

/** Waits until pictures and sound of all these go on arriving and are decoded. @param {ChromiumPerson} person @param {string[]} names */
export async function seesAndHearsAll(person, names) {
  const before = await arrivalsAt(person);
  await until(
    `pictures and sound of ${names.join(', ')} at ${person.name}`,
    async () => {
      const now = await arrivalsAt(person);
      const seen = names.every((name) => decodedOf(now, name) >= decodedOf(before, name) + 10);
      const heard = now.sounds.filter(({ id, energy }) => energy > (before.sounds.find((one) => one.id === id)?.energy ?? 0));
      return seen && heard.length >= names.length;
    },
    { within: 45_000 },
  );
}

/** Waits for frames of this width from somebody, or of a screen. @param {ChromiumPerson} person @param {string} label @param {(width: number) => boolean} right */
export function widthIs(person, label, right) {
  return until(
    `the right width of ${label} at ${person.name}`,
    async () => {
      const { tiles } = await arrivalsAt(person);
      const tile = tiles.find(({ name }) => name === label);
      return tile && tile.framesDecoded > 0 && right(tile.width) ? tile : null;
    },
    { within: 45_000 },
  );
}

/** @param {Arrivals} arrivals @param {string} name */
const decodedOf = ({ tiles }, name) => tiles.find((tile) => tile.name === name)?.framesDecoded ?? 0;

/** From now on keeps count of how many tiles there are. @param {ChromiumPerson} person */
export function countTiles(person) {
  return person.evaluate(() => {
    const count = () => document.querySelectorAll('[data-testid=group-tile]').length;
    const counted = { least: count(), most: count() };
    Object.assign(window, { countedTiles: counted });
    new MutationObserver(() => {
      counted.least = Math.min(counted.least, count());
      counted.most = Math.max(counted.most, count());
    }).observe(document.body, { childList: true, subtree: true });
  });
}

/** @param {ChromiumPerson} person @returns {Promise<{ least: number, most: number }>} */
export const countedTiles = (person) => person.evaluate(() => /** @type {any} */ (window).countedTiles);
