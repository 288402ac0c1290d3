// @ts-check
// The network of one side changes in mid-call: another address, gateway and public address, as from one Wi-Fi to another.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meet, statusIs } from '../browser/support/call.mjs';
import { mediaOf, seesAndHears } from '../browser/support/media.mjs';
import { noChromium, noNamespaces } from '../support/machine.mjs';
import { withSecondTry } from '../support/second_try.mjs';
import { until } from '../support/wait.mjs';
import { inLab } from './support/lab.mjs';

const skip = noChromium() || noNamespaces();
const limit = 3000;

/** @typedef {import('../browser/support/person.mjs').Person} Person */

/** Milliseconds from now until a new frame is decoded. @param {Person} person @param {number} since @param {number} started */
async function untilNewFrame(person, since, started) {
  await until(`a new frame at ${person.name}`, async () => ((await mediaOf(person))?.framesDecoded ?? 0) > since, { within: 30_000, every: 20 });
  return Math.round(performance.now() - started);
}

/** Frames on their way when the network changed are no sign of life. */
const drain = 150;

for (const nat of /** @type {const} */ (['restricted', 'symmetric'])) {
  test(`(e) media is back within 3 s when the network of one side changes (${nat} NATs)`, { skip, timeout: 240_000 }, (context) => withSecondTry(context, () => inLab({ left: nat, right: nat }, async (lab) => {
      const [anna, ben] = await Promise.all([lab.person('left', 'Anna'), lab.person('right', 'Ben')]);
      await meet(lab.moim, anna, ben, { within: 40_000 });
      const pagesBefore = await Promise.all([anna, ben].map((one) => one.evaluate(() => performance.timeOrigin)));

      const started = performance.now();
      await lab.move('left');
      await new Promise((done) => setTimeout(done, drain));
      const seen = await Promise.all([anna, ben].map(async (one) => (await mediaOf(one))?.framesDecoded ?? 0));
      const [atAnna, atBen] = await Promise.all([untilNewFrame(anna, seen[0] ?? 0, started), untilNewFrame(ben, seen[1] ?? 0, started)]);
      console.log(`the first new frame came after ${atAnna} ms at the side that moved, ${atBen} ms at the other`);

      await Promise.all([anna, ben].map((one) => statusIs(one, ['connected'])));
      await Promise.all([seesAndHears(anna), seesAndHears(ben)]);
      const pagesAfter = await Promise.all([anna, ben].map((one) => one.evaluate(() => performance.timeOrigin)));
      assert.deepEqual(pagesAfter, pagesBefore, 'a page was loaded anew');
      assert.ok(atAnna <= limit && atBen <= limit, `media came back after ${atAnna} ms and ${atBen} ms`);
    })));
}
