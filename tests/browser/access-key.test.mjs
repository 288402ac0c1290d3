// @ts-check
// A server that is not open to all: outside --dev, a room needs the key or an invitation.
import assert from 'node:assert/strict';
import { join, statusIs } from './support/call.mjs';
import { invitationOf, mayUseClipboard } from './support/invitation.mjs';
import { seesAndHears } from './support/media.mjs';
import { stage } from './support/stage.mjs';

const key = 'the-key-of-this-house-0123456789';
const scenario = stage({ moim: { dev: false, config: { direct: { token: key } } } });

scenario('the key opens a room, and its invitation lets a second person in without the key', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna', mayUseClipboard), await person('Ben')];
  await anna.open(moim.url('/r/locked-room'));
  await anna.fill('access-key', key);
  await anna.click('access-submit');
  await join(anna);
  await statusIs(anna, ['waiting']);
  const link = await invitationOf(anna);
  assert.ok(!link.includes(key), 'the link carries the key itself');
  await ben.open(link);
  await join(ben);
  await Promise.all([anna, ben].map((one) => statusIs(one, ['connected'])));
  await Promise.all([seesAndHears(anna), seesAndHears(ben)]);
});

scenario('an invitation is for one room only', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna', mayUseClipboard), await person('Ben')];
  await anna.open(moim.url('/r/one-room'));
  await anna.fill('access-key', key);
  await anna.click('access-submit');
  await join(anna);
  await statusIs(anna, ['waiting']);
  const link = await invitationOf(anna);
  await ben.open(link.replace('one-room', 'another-room'));
  await ben.sees('access-key');
});

scenario('a wrong key is refused, and may be tried again', async ({ moim, person }) => {
  const anna = await person('Anna');
  await anna.open(moim.url('/r/locked-room'));
  await anna.fill('access-key', 'not the key');
  await anna.click('access-submit');
  await anna.page.locator('[data-testid=access-problem][data-problem=keyWrong]').waitFor();
  await anna.fill('access-key', key);
  await anna.click('access-submit');
  await anna.sees('prejoin-join');
});
