// What a long test measured, for the table in docs/chaos.md.
import { appendFileSync } from 'node:fs';
import path from 'node:path';

const file = process.env.MOIM_CHAOS_FIGURES;
const test = path.basename(process.argv[1] ?? '', '.test.mjs');

/**
 * One row of the table. It is said before anything is asserted, so that what does not hold is in the table too.
 * @param {string} fault what was done
 * @param {string} expected in words, with the bar
 * @param {string} measured in words, with units
 * @param {boolean} holds
 */
export function measured(fault, expected, measured, holds) {
  console.log(`${holds ? 'holds' : 'DOES NOT HOLD'}: ${fault}: ${measured} (expected: ${expected})`);
  if (file) appendFileSync(file, `${JSON.stringify({ test, fault, expected, measured, holds })}\n`);
}
