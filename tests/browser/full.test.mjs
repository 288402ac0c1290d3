// @ts-check
import assert from 'node:assert/strict';
import { enter, meet, statusIs } from './support/call.mjs';
import { seesAndHears } from './support/media.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();

scenario('a third visitor is told that the room is full, and gets in when somebody has left', async ({ moim, person }) => {
  const [anna, ben, carla] = [await person('Anna'), await person('Ben'), await person('Carla')];
  const { room } = await meet(moim, anna, ben);
  await enter(carla, moim, room);
  await carla.page.locator('[data-testid=error-page][data-error=full]').waitFor();
  assert.equal(await carla.attribute('call-status', 'data-state'), 'full');
  await Promise.all([seesAndHears(anna), seesAndHears(ben)]);

  await ben.click('btn-leave');
  await statusIs(anna, ['waiting', 'left']);
  await carla.click('error-retry');
  if (await carla.at('prejoin-join').isVisible().catch(() => false)) await carla.click('prejoin-join');
  await Promise.all([anna, carla].map((one) => statusIs(one, ['connected'])));
  await Promise.all([seesAndHears(anna), seesAndHears(carla)]);
});
