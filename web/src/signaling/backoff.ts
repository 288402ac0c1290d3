/** How long to wait before attempt `n` (0 = the first), and how long that attempt may take. */
export interface Attempt {
  delayMs: number;
  timeoutMs: number;
}

const FIRST_DELAY_MS = 150;
/** In the first minute people wait at the screen, and the picture should be back within seconds. */
const EARLY_CAP_MS = 1000;
const EARLY_ATTEMPTS = 30;
const LATE_CAP_MS = 5000;

/** `random` is 0 to 1 and spreads many clients over ±20 %. For ever: there is no last attempt. */
export function attemptAfter(failures: number, random: number): Attempt {
  const cap = failures < EARLY_ATTEMPTS ? EARLY_CAP_MS : LATE_CAP_MS;
  const delay = failures === 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), cap);
  // A short limit finds a line that has come back soon; every fourth attempt is patient, for lines that are merely slow.
  const timeoutMs = failures % 4 === 3 ? 8000 : 2000;
  return { delayMs: Math.round(delay * (0.8 + 0.4 * random)), timeoutMs };
}
