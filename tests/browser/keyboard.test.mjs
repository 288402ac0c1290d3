// @ts-check
// A whole call without a mouse.
import assert from 'node:assert/strict';
import { attributeIs, meet, newRoom, statusIs } from './support/call.mjs';
import { tabTo } from './support/keyboard.mjs';
import { seesAndHears } from './support/media.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();

scenario('a call is made, used and left by keyboard alone', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  const keys = anna.page.keyboard;
  const room = newRoom();
  await anna.open(moim.url('/'));
  await anna.sees('start-room');
  await tabTo(anna, 'start-room');
  await keys.type(room);
  await keys.press('Enter');
  await anna.sees('prejoin-join');
  await tabTo(anna, 'prejoin-name');
  await keys.press('Control+A');
  await keys.type('Anna');
  await tabTo(anna, 'prejoin-join');
  await keys.press('Enter');
  await statusIs(anna, ['waiting']);

  await ben.open(moim.url(`/r/${room}`));
  await ben.fill('prejoin-name', 'Ben');
  await ben.click('prejoin-join');
  await statusIs(anna, ['connected']);
  await seesAndHears(anna);

  await tabTo(anna, 'btn-mute');
  await keys.press('Space');
  await attributeIs(anna, 'btn-mute', 'aria-pressed', 'true');
  await ben.sees('remote-muted');

  await tabTo(anna, 'btn-chat');
  await keys.press('Enter');
  await anna.sees('panel-chat');
  await tabTo(anna, 'chat-input');
  await keys.type('By keyboard');
  await keys.press('Enter');
  await anna.page.locator('[data-testid=chat-message][data-from=local]', { hasText: 'By keyboard' }).waitFor();
  await keys.press('Escape');
  await anna.at('panel-chat').waitFor({ state: 'detached' });

  await tabTo(anna, 'btn-leave');
  await keys.press('Enter');
  await anna.sees('prejoin-join');
});

scenario('a panel is reached from its button, and Escape leads back to it', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await meet(moim, anna, ben);
  const focused = () => anna.page.evaluate(() => document.activeElement?.getAttribute('data-testid'));
  for (const panel of ['chat', 'connection', 'devices', 'dtmf', 'help']) {
    await anna.at(`btn-${panel}`).focus();
    await anna.page.keyboard.press('Enter');
    await anna.sees(`panel-${panel}`);
    await tabTo(anna, 'panel-close');
    await anna.page.keyboard.press('Escape');
    await anna.at(`panel-${panel}`).waitFor({ state: 'detached' });
    assert.equal(await focused(), `btn-${panel}`, `the focus after closing the panel ${panel}`);
  }
});
