// @ts-check
// The steps of a call, as a person takes them in the app.
import { randomBytes } from 'node:crypto';
import { until } from '../../support/wait.mjs';
import { seesAndHears } from './media.mjs';

/** @typedef {import('./person.mjs').Person} Person */

/** A room that nobody else is in. */
export const newRoom = () => `room-${randomBytes(6).toString('hex')}`;

/** From the pre-join page into the call. @param {Person} person */
export async function join(person) {
  await person.sees('prejoin-join');
  await person.fill('prejoin-name', person.name);
  await person.click('prejoin-join');
}

/** @param {Person} person @param {import('../../support/moim.mjs').Moim} moim @param {string} room */
export async function enter(person, moim, room) {
  await person.open(moim.url(`/r/${room}`));
  await join(person);
}

/** Waits for the call to be in one of these states. @param {Person} person @param {string[]} states @param {{ within?: number }} [limits] */
export function statusIs(person, states, limits) {
  return until(
    `${person.name} to be ${states.join(' or ')}`,
    () => person.attribute('call-status', 'data-state').then((state) => (state && states.includes(state) ? state : null)),
    limits,
  );
}

/** Waits for an attribute to have this value. @param {Person} person @param {string} id @param {string} attribute @param {string} value */
export function attributeIs(person, id, attribute, value) {
  return until(`${id} of ${person.name} to have ${attribute}=${value}`, async () => (await person.attribute(id, attribute)) === value);
}

/**
 * Two people meet in a room, and see and hear each other.
 * @param {import('../../support/moim.mjs').Moim} moim
 * @param {Person} first
 * @param {Person} second
 * @param {{ room?: string, within?: number }} [options]
 */
export async function meet(moim, first, second, { room = newRoom(), within = 20_000 } = {}) {
  await enter(first, moim, room);
  await statusIs(first, ['waiting']);
  await enter(second, moim, room);
  await Promise.all([first, second].map((one) => statusIs(one, ['connected'], { within })));
  const [seenByFirst, seenBySecond] = await Promise.all([seesAndHears(first, { within }), seesAndHears(second, { within })]);
  return { room, seenByFirst, seenBySecond };
}
