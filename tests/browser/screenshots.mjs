// @ts-check
// Pictures of calls for two: node tests/browser/screenshots.mjs writes docs/screenshots/PAGE-WIDTH-SCHEME.png.
import { until } from '../support/wait.mjs';
import { openPanel } from './support/accessibility.mjs';
import { album, take, viewports } from './support/album.mjs';
import { enter, meet } from './support/call.mjs';

/** @typedef {import('./support/chromium.mjs').ChromiumPerson} ChromiumPerson */

/** @param {import('../support/moim.mjs').Moim} moim @param {ChromiumPerson} anna @param {ChromiumPerson} ben @param {ChromiumPerson} carla @param {string} look */
async function tour(moim, anna, ben, carla, look) {
  const room = 'garden-party';
  await anna.open(moim.url('/'));
  await anna.sees('start-create');
  await take(anna, `start-${look}`);
  await anna.open(moim.url(`/r/${room}`));
  await anna.sees('prejoin-preview');
  await anna.fill('prejoin-name', 'Anna');
  await until('the level meter to move', async () => Number(await anna.attribute('prejoin-level', 'aria-valuenow')) > 5, { every: 20 });
  await take(anna, `prejoin-${look}`);
  await meet(moim, anna, ben, { room });
  await take(anna, `call-${look}`);
  await openPanel(anna, 'connection');
  await anna.page.locator('[data-testid=panel-path][data-path=direct]').waitFor();
  // Long enough for the graph to have something to show.
  await new Promise((done) => setTimeout(done, 8000));
  await take(anna, `connection-${look}`);
  await enter(carla, moim, room);
  await carla.sees('error-page');
  await take(carla, `full-${look}`);
}

await album(async (moim, invite) => {
  for (const [width, viewport] of Object.entries(viewports)) {
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      const options = { viewport, colorScheme };
      const real = { rate: 30 };
      const [anna, ben, carla] = [await invite('Anna', 'day', options, real), await invite('Ben', 'dusk', options, real), await invite('Carla', 'snow', options)];
      await tour(moim, anna, ben, carla, `${width}-${colorScheme}`);
      await Promise.all([anna, ben, carla].map(({ context }) => context.close()));
    }
  }
});
