// @ts-check
// Many people in one room, through the app and the server.
import assert from 'node:assert/strict';
import { attributeIs, join, newRoom } from './support/call.mjs';
import { arrivalsAt, calmCamera, come, countedTiles, countTiles, groupIs, seesAndHearsAll, tileOf, widthIs } from './support/group.mjs';
import { invitationOf, mayUseClipboard } from './support/invitation.mjs';
import { tabTo } from './support/keyboard.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage({ crowded: true, browser: { args: [calmCamera] } });

/** @typedef {import('./support/chromium.mjs').ChromiumPerson} ChromiumPerson */

scenario('three people come by link, and see and hear each other in all that they do', async ({ moim, person }) => {
  const [anna, ben, carla] = [await person('Anna', mayUseClipboard), await person('Ben'), await person('Carla')];
  await come(anna, moim.url(`/g/${newRoom()}`));
  await anna.sees('group-alone');
  const link = await invitationOf(anna);
  await come(ben, link);
  await come(carla, link);
  await Promise.all([anna, ben, carla].map((one) => groupIs(one, 'connected', 3)));
  await Promise.all([
    seesAndHearsAll(anna, ['Ben', 'Carla']),
    seesAndHearsAll(ben, ['Anna', 'Carla']),
    seesAndHearsAll(carla, ['Anna', 'Ben']),
  ]);
  assert.equal(await anna.at('group-alone').count(), 0);

  await ben.click('btn-mute');
  for (const one of [anna, carla]) await tileOf(one, 'Ben', '[data-microphone=muted]').getByTestId('group-muted').waitFor();
  await ben.click('btn-mute');
  for (const one of [anna, carla]) await tileOf(one, 'Ben', '[data-microphone=on]').waitFor();
  await ben.click('btn-camera');
  for (const one of [anna, carla]) await tileOf(one, 'Ben', '[data-camera=off]').waitFor();
  await ben.click('btn-camera');
  await seesAndHearsAll(anna, ['Ben', 'Carla']);

  await carla.click('btn-screen');
  await Promise.all([anna, ben].map((one) => screenIsLarge(one, 'Carla')));
  await carla.sees('group-sharing');
  await carla.click('group-stop-sharing');
  for (const one of [anna, ben, carla]) await one.at('group-screen').waitFor({ state: 'detached' });

  await ben.click('btn-chat');
  await ben.fill('chat-input', 'Tea is ready');
  await ben.click('chat-send');
  await anna.page.getByTestId('btn-chat').and(anna.page.getByLabel('Chat, 1 unread')).waitFor();
  await anna.click('btn-chat');
  await anna.page.locator('[data-testid=chat-message][data-from=remote]', { hasText: 'Ben' }).filter({ hasText: 'Tea is ready' }).waitFor();

  await ben.click('btn-leave');
  await ben.page.locator('[data-testid=prejoin][data-left=true]').waitFor();
  for (const one of [anna, carla]) {
    await groupIs(one, 'connected', 2);
    assert.equal(await tileOf(one, 'Ben').count(), 0);
  }
  await join(ben);
  await Promise.all([anna, ben, carla].map((one) => groupIs(one, 'connected', 3)));
  await seesAndHearsAll(ben, ['Anna', 'Carla']);
});

/** @param {ChromiumPerson} person @param {string} name */
async function screenIsLarge(person, name) {
  await widthIs(person, `Screen of ${name}`, (width) => width > 0);
  const [screen, face] = await Promise.all([person.at('group-screen').boundingBox(), tileOf(person, name).boundingBox()]);
  assert.ok((screen?.width ?? 0) > 2 * (face?.width ?? 0), `the screen is ${screen?.width} px wide, a face ${face?.width}`);
}

scenario('a reload comes back as the same person, and a lost network too, without a ghost', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await ben.page.addInitScript(keepSockets);
  const link = moim.url(`/g/${newRoom()}`);
  await come(anna, link);
  await come(ben, link);
  await Promise.all([seesAndHearsAll(anna, ['Ben']), seesAndHearsAll(ben, ['Anna'])]);
  await countTiles(anna);
  const identity = await tileOf(anna, 'Ben').getAttribute('data-person');

  await ben.reload();
  await Promise.all([anna, ben].map((one) => groupIs(one, 'connected', 2)));
  assert.equal(await ben.at('prejoin-join').count(), 0, 'a reload goes straight back in');
  await Promise.all([seesAndHearsAll(anna, ['Ben']), seesAndHearsAll(ben, ['Anna'])]);
  assert.equal(await tileOf(anna, 'Ben').getAttribute('data-person'), identity);

  await ben.context.setOffline(true);
  await ben.evaluate(() => /** @type {any} */ (window).closeSockets());
  await ben.sees('group-reconnecting');
  await groupIs(ben, 'reconnecting', 2);
  await ben.context.setOffline(false);
  await Promise.all([anna, ben].map((one) => groupIs(one, 'connected', 2)));
  await ben.at('group-reconnecting').waitFor({ state: 'detached' });
  await Promise.all([seesAndHearsAll(anna, ['Ben']), seesAndHearsAll(ben, ['Anna'])]);
  assert.equal(await tileOf(anna, 'Ben').getAttribute('data-person'), identity);
  assert.equal((await countedTiles(anna)).most, 2, 'somebody was there twice');
});

/** A network that is switched off leaves its WebSockets open; a real one does not. */
function keepSockets() {
  const Native = window.WebSocket;
  /** @type {WebSocket[]} */
  const sockets = [];
  window.WebSocket = class extends Native {
    /** @param {string | URL} url @param {string | string[]} [protocols] */
    constructor(url, protocols) {
      super(url, protocols);
      sockets.push(this);
    }
  };
  Object.assign(window, { closeSockets: () => sockets.forEach((one) => one.close()) });
}

scenario('a server that falls silent is noticed within seconds, and the meeting goes on', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  const link = moim.url(`/g/${newRoom()}`);
  await come(anna, link);
  await come(ben, link);
  await Promise.all([seesAndHearsAll(anna, ['Ben']), seesAndHearsAll(ben, ['Anna'])]);
  moim.child.kill('SIGSTOP');
  try {
    await Promise.all([anna, ben].map((one) => one.sees('group-reconnecting')));
  } finally {
    moim.child.kill('SIGCONT');
  }
  await Promise.all([anna, ben].map((one) => groupIs(one, 'connected', 2)));
  await Promise.all([seesAndHearsAll(anna, ['Ben']), seesAndHearsAll(ben, ['Anna'])]);
});

scenario('a picture is received in the size in which it is shown', async ({ moim, person }) => {
  const anna = await person('Anna');
  const ben = await person('Ben', { viewport: { width: 320, height: 560 } });
  const link = moim.url(`/g/${newRoom()}`);
  await come(anna, link);
  await come(ben, link);
  // Above the chat there is little room on a phone.
  await ben.click('btn-chat');
  const { width: small } = await widthIs(ben, 'Anna', (width) => width > 0 && width <= 400);
  await ben.page.setViewportSize({ width: 1600, height: 900 });
  await widthIs(ben, 'Anna', (width) => width > small);
});

scenario('a meeting is joined, used and left by keyboard alone', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  const keys = anna.page.keyboard;
  const link = moim.url(`/g/${newRoom()}`);
  await come(ben, link);
  await anna.open(link);
  await anna.sees('prejoin-join');
  await tabTo(anna, 'prejoin-name');
  await keys.type('Anna');
  await tabTo(anna, 'prejoin-join');
  await keys.press('Enter');
  await groupIs(anna, 'connected', 2);

  await tabTo(anna, 'btn-mute');
  await keys.press('Space');
  await attributeIs(anna, 'btn-mute', 'aria-pressed', 'true');
  await tileOf(ben, 'Anna', '[data-microphone=muted]').waitFor();
  for (const panel of ['devices', 'help', 'chat']) {
    await tabTo(anna, `btn-${panel}`);
    await keys.press('Enter');
    await anna.sees(`panel-${panel}`);
    await keys.press('Escape');
    await anna.at(`panel-${panel}`).waitFor({ state: 'detached' });
  }
  await keys.press('s');
  await ben.sees('group-screen');
  await tabTo(anna, 'group-stop-sharing');
  await keys.press('Enter');
  await ben.at('group-screen').waitFor({ state: 'detached' });

  await tabTo(anna, 'btn-leave');
  await keys.press('Enter');
  await anna.sees('prejoin-join');
  assert.equal((await arrivalsAt(ben)).tiles.length, 1);
});
