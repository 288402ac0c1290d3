// @ts-check
// axe-core finds nothing to complain about: every page, both languages, light and dark, phone and desktop.
import { isAccessible, openPanel } from './support/accessibility.mjs';
import { meet } from './support/call.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();

const shapes = [
  { size: 'phone', viewport: { width: 390, height: 844 } },
  { size: 'desktop', viewport: { width: 1280, height: 800 } },
];

for (const locale of ['en-GB', 'ko-KR']) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    for (const { size, viewport } of shapes) {
      scenario(`axe finds nothing: ${locale}, ${colorScheme}, ${size}`, async ({ moim, person }) => {
        const look = { locale, colorScheme, viewport, reducedMotion: /** @type {const} */ ('reduce') };
        const [anna, ben] = [await person('Anna', look), await person('Ben', look)];
        const check = (/** @type {string} */ place) => isAccessible(anna, place);
        await anna.open(moim.url('/'));
        await anna.sees('start-create');
        await check('start');
        await anna.open(moim.url('/r/accessible'));
        await anna.sees('prejoin-preview');
        await check('pre-join');
        await meet(moim, anna, ben);
        await check('call');
        for (const panel of ['chat', 'connection', 'devices', 'dtmf', 'help']) {
          await openPanel(anna, panel);
          await check(`panel ${panel}`);
          await anna.click('panel-close');
        }
      });
    }
  }
}
