// @ts-check
// Pictures of a group room: node tests/browser/screenshots-group.mjs writes docs/screenshots/group-STATE-WIDTH-SCHEME.png.
import { setTimeout as sleep } from 'node:timers/promises';
import { album, take, viewports } from './support/album.mjs';
import { come, groupIs, tileOf, widthIs } from './support/group.mjs';

/** @typedef {import('./support/chromium.mjs').ChromiumPerson} ChromiumPerson */

/** @type {[string, keyof typeof import('./support/scenery.mjs').sceneries][]} */
const others = [['Ben', 'dusk'], ['Carla', 'autumn'], ['Dora', 'snow'], ['Emil', 'dawn']];
const korean = ['민준', '서연', '하준', '수아'];

/** Of one moment, in all shapes. @param {ChromiumPerson} person @param {string} state @param {'light' | 'dark'} [scheme] @param {string} [language] */
async function takeAll(person, state, scheme = 'light', language = '') {
  for (const [width, viewport] of Object.entries(viewports)) {
    await person.page.setViewportSize(viewport);
    await person.page.emulateMedia({ colorScheme: scheme });
    // Pictures come in the size that is wanted now, and when the machine has time for all of them.
    await sleep(2000);
    await person.page.waitForFunction(() => !document.querySelector('.group-pictures:not(.cut-off) [data-testid=group-tile][data-paused=true]'), null, { timeout: 60_000 });
    await take(person, `group-${state}-${width}-${scheme}${language}`);
  }
}

/** Waits for somebody to be heard. @param {ChromiumPerson} person @param {string} name */
const hears = (person, name) => tileOf(person, name, '[data-speaking=true]').waitFor();

await album(async (moim, invite) => {
  const link = moim.url('/g/garden-party');
  const anna = await invite('Anna', 'day', {});
  await anna.open(link);
  await anna.sees('prejoin-preview');
  await anna.fill('prejoin-name', 'Anna');
  await takeAll(anna, 'prejoin');
  await come(anna, link);
  await anna.sees('group-alone');
  await takeAll(anna, '1');

  /** @type {ChromiumPerson[]} */
  const guests = [];
  for (const [name, scenery] of others) {
    const guest = await invite(name, scenery, { viewport: { width: 640, height: 480 } }, { speaks: name === 'Ben' });
    await come(guest, link);
    guests.push(guest);
    await groupIs(anna, 'connected', guests.length + 1);
    await widthIs(anna, name, (width) => width > 0);
    if (name === 'Carla') await guest.click('btn-mute');
    if (name === 'Emil') await guest.click('btn-camera');
    await hears(anna, 'Ben');
    if (name !== 'Dora') await takeAll(anna, `${guests.length + 1}`);
  }
  const [ben, ...rest] = /** @type {[ChromiumPerson, ...ChromiumPerson[]]} */ (guests);
  for (const guest of rest.slice(1)) await guest.click('btn-mute');

  await ben.click('btn-screen');
  await widthIs(anna, 'Screen of Ben', (width) => width > 0);
  await takeAll(anna, 'screen');
  await ben.click('btn-screen');
  await anna.at('group-screen').waitFor({ state: 'detached' });

  await anna.click('btn-chat');
  await ben.click('btn-chat');
  await ben.fill('chat-input', 'Shall we start? The tea is getting cold.');
  await ben.click('chat-send');
  await takeAll(anna, 'chat');
  await anna.click('panel-close');

  await anna.context.setOffline(true);
  await anna.sees('group-reconnecting');
  await takeAll(anna, 'reconnecting');
  await anna.context.setOffline(false);
  await Promise.all([anna, ...guests].map(({ context }) => context.close()));

  const jiu = await invite('지우', 'day', { locale: 'ko-KR' });
  await come(jiu, link);
  for (const [index, [, scenery]] of others.entries()) {
    const guest = await invite(korean[index] ?? '', scenery, { viewport: { width: 640, height: 480 } }, { speaks: index === 0 });
    await come(guest, link);
    if (index === 1 || index === 3) await guest.click('btn-mute');
    if (index === 3) await guest.click('btn-camera');
  }
  for (const name of korean.slice(0, 3)) await widthIs(jiu, name, (width) => width > 0);
  await hears(jiu, korean[0] ?? '');
  await takeAll(jiu, '5', 'dark', '-ko');
});
