// @ts-check
// Waiting for something to become true, with a sentence for when it does not.
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until the answer is truthy, and returns that answer.
 * @template T
 * @param {string} what completes the sentence "waited in vain for …"
 * @param {() => T | Promise<T>} ask
 * @param {{ within?: number, every?: number }} [limits] both in milliseconds
 * @returns {Promise<Exclude<T, null | undefined | false>>}
 */
export async function until(what, ask, { within = 15_000, every = 100 } = {}) {
  const deadline = performance.now() + within;
  let last;
  for (;;) {
    last = await ask();
    if (last) return /** @type {any} */ (last);
    if (performance.now() > deadline) throw new Error(`waited ${within} ms in vain for ${what}; last seen: ${JSON.stringify(last)}`);
    await sleep(every);
  }
}
