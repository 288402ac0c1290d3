// @ts-check
import assert from 'node:assert/strict';
import { join, statusIs } from './support/call.mjs';
import { invitationOf, mayUseClipboard } from './support/invitation.mjs';
import { seesAndHears } from './support/media.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();

scenario('from the start page to a call, by the link that was sent', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna', mayUseClipboard), await person('Ben')];
  await anna.open(moim.url('/'));
  await anna.click('start-create');
  await anna.page.waitForURL(/\/r\/[^/]+$/);
  await join(anna);
  await statusIs(anna, ['waiting']);
  await ben.open(await invitationOf(anna));
  await join(ben);
  await Promise.all([anna, ben].map((one) => statusIs(one, ['connected'])));
  await Promise.all([seesAndHears(anna), seesAndHears(ben)]);
});

scenario('a room is opened by its name on the start page', async ({ moim, person }) => {
  const anna = await person('Anna');
  await anna.open(moim.url('/'));
  await anna.fill('start-room', 'our-kitchen');
  await anna.click('start-open');
  await anna.sees('prejoin-join');
  assert.equal(new URL(anna.page.url()).pathname, '/r/our-kitchen');
});

scenario('every new room has a name of its own', async ({ moim, person }) => {
  const names = new Set();
  const anna = await person('Anna');
  for (let n = 0; n < 3; n += 1) {
    await anna.open(moim.url('/'));
    await anna.click('start-create');
    await anna.sees('prejoin-join');
    names.add(new URL(anna.page.url()).pathname);
  }
  assert.equal(names.size, 3);
});
