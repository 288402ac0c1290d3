// @ts-check
import { join, statusIs } from './support/call.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage({ browser: { devices: 'refused' } });

scenario('who refuses camera and microphone is told how to allow them, and may join all the same', async ({ moim, person }) => {
  const anna = await person('Anna');
  await anna.open(moim.url('/r/no-permission'));
  await anna.page.locator('[data-testid=prejoin-problem][data-problem=denied]').waitFor();
  await join(anna);
  await statusIs(anna, ['waiting']);
});
