// @ts-check
// Randomness that can be had again: the seed is printed, and MOIM_TEST_SEED takes it back.

export const seed = Number(process.env.MOIM_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** mulberry32 @param {number} from */
export function randomFrom(from) {
  let state = from >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  /** A whole number below the bound. */
  const below = (/** @type {number} */ bound) => Math.floor(next() * bound);
  return { next, below };
}

/** @typedef {ReturnType<typeof randomFrom>} Random */
