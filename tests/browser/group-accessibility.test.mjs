// @ts-check
// axe-core finds nothing to complain about in a group room: both languages, light and dark, phone and desktop.
import { isAccessible, openPanel } from './support/accessibility.mjs';
import { newRoom } from './support/call.mjs';
import { calmCamera, come, groupIs } from './support/group.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage({ crowded: true, browser: { args: [calmCamera] } });

const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };

for (const locale of ['en-GB', 'ko-KR']) {
  scenario(`axe finds nothing in a group room: ${locale}`, async ({ moim, person }) => {
    const look = { locale, reducedMotion: /** @type {const} */ ('reduce') };
    const [anna, ben] = [await person('Anna', look), await person('Ben', look)];
    const link = moim.url(`/g/${newRoom()}`);
    /** In all looks, without joining anew. @param {string} place */
    const check = async (place) => {
      for (const [size, viewport] of Object.entries(sizes)) {
        await anna.page.setViewportSize(viewport);
        for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
          await anna.page.emulateMedia({ colorScheme });
          await isAccessible(anna, `${place}, ${locale}, ${size}, ${colorScheme}`);
        }
      }
    };
    await come(anna, link);
    await anna.sees('group-alone');
    await check('alone');
    await come(ben, link);
    await ben.click('btn-mute');
    await ben.click('btn-camera');
    await anna.sees('group-muted');
    for (const panel of ['chat', 'devices', 'help']) {
      await openPanel(anna, panel);
      await check(`panel ${panel}`);
      await anna.click('panel-close');
    }
    await ben.click('btn-screen');
    await anna.sees('group-screen');
    await anna.click('btn-screen');
    await anna.sees('group-sharing');
    await anna.context.setOffline(true);
    await groupIs(anna, 'reconnecting');
    await check('cut off, with two screens');
  });
}
