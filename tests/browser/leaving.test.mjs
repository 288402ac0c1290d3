// @ts-check
import assert from 'node:assert/strict';
import { join, meet, statusIs } from './support/call.mjs';
import { seesAndHears } from './support/media.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();

scenario('who leaves is gone at once, and can come back', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await meet(moim, anna, ben);
  await anna.click('btn-leave');
  await anna.page.locator('[data-testid=prejoin][data-left=true]').waitFor();
  await statusIs(ben, ['waiting', 'left'], { within: 3000 });
  await join(anna);
  await Promise.all([anna, ben].map((one) => statusIs(one, ['connected'])));
  await Promise.all([seesAndHears(anna), seesAndHears(ben)]);
});

scenario('a closed tab is noticed', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await meet(moim, anna, ben);
  const started = performance.now();
  await anna.close();
  await statusIs(ben, ['waiting', 'left', 'reconnecting'], { within: 10_000 });
  await statusIs(ben, ['waiting', 'left'], { within: 30_000 });
  console.log(`the closed tab was noticed after ${Math.round(performance.now() - started)} ms`);
});

scenario('a reload rejoins the call', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await meet(moim, anna, ben);
  await anna.reload();
  const again = await Promise.race([
    anna.sees('prejoin-join').then(() => true),
    anna.sees('call-status').then(() => false),
  ]);
  if (again) await anna.click('prejoin-join');
  await Promise.all([anna, ben].map((one) => statusIs(one, ['connected'])));
  await Promise.all([seesAndHears(anna), seesAndHears(ben)]);
  assert.equal(await anna.at('error-page').count(), 0);
});

scenario('both may reload', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await meet(moim, anna, ben);
  await Promise.all([anna.reload(), ben.reload()]);
  for (const one of [anna, ben]) {
    await one.page.locator('[data-testid=prejoin-join], [data-testid=call-status]').first().waitFor();
    if (await one.at('prejoin-join').count()) await one.click('prejoin-join');
  }
  await Promise.all([anna, ben].map((one) => statusIs(one, ['connected'])));
  await Promise.all([seesAndHears(anna), seesAndHears(ben)]);
});
