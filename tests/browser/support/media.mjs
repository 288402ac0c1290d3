// @ts-check
// What two people hear and see of each other, by the browser's own statistics.
import assert from 'node:assert/strict';
import { until } from '../../support/wait.mjs';
import { readMedia } from './observe.mjs';

/**
 * @typedef {{ type: string, protocol: string, relayProtocol: string, address: string, port: number, url: string }} Candidate
 * @typedef {object} Media
 * @property {string} state of the connection
 * @property {number} connections made since the page was loaded
 * @property {number} framesDecoded
 * @property {number} width of the video that arrives
 * @property {number} height
 * @property {number} audioPackets
 * @property {number} audioSamples
 * @property {number} audioLevel from 0 to 1
 * @property {Candidate | null} local
 * @property {Candidate | null} remote
 * @typedef {import('./person.mjs').Person} Person
 */

/** @param {Person} person @returns {Promise<Media | null>} */
export const mediaOf = (person) => person.evaluate(readMedia);

/** Waits until video and audio of the other side go on arriving. @param {Person} person @param {{ within?: number }} [limits] */
export async function seesAndHears(person, limits) {
  const first = await until(`a connection at ${person.name}`, () => mediaOf(person).then((media) => media?.state === 'connected' && media), limits);
  return until(
    `video and audio at ${person.name}`,
    async () => {
      const now = await mediaOf(person);
      const enough = now && now.framesDecoded >= first.framesDecoded + 20 && now.audioPackets >= first.audioPackets + 50 && now.audioSamples > first.audioSamples;
      return enough ? now : null;
    },
    limits,
  );
}

/** Waits until sound, not silence, arrives: fake microphones beep once a second. @param {Person} person */
export async function hearsSound(person) {
  await until(`a sound at ${person.name}`, () => mediaOf(person).then((media) => (media?.audioLevel ?? 0) > 0.001), { every: 20 });
}

/** The same with nothing of the kind decoded over a while. @param {Person} person @param {number} milliseconds */
export async function framesDuring(person, milliseconds) {
  const before = await mediaOf(person);
  await new Promise((done) => setTimeout(done, milliseconds));
  const after = await mediaOf(person);
  return (after?.framesDecoded ?? 0) - (before?.framesDecoded ?? 0);
}

/** @param {Media} media @param {string[]} types */
export function pathIs(media, types) {
  assert.ok(media.local && media.remote, 'no selected candidate pair');
  assert.ok(types.includes(media.local.type), `the local candidate is ${media.local.type}`);
}
