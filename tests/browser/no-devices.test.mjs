// @ts-check
import { join, statusIs } from './support/call.mjs';
import { stage } from './support/stage.mjs';

// Fake screens come with the fake devices; a machine without a camera is one where none is found.
const scenario = stage({ browser: { devices: 'none' } });

scenario('who has no camera and no microphone is told so, and may join all the same', async ({ moim, person }) => {
  const anna = await person('Anna');
  await anna.open(moim.url('/r/no-devices'));
  await anna.page.locator('[data-testid=prejoin-problem][data-problem=missing]').waitFor();
  await join(anna);
  await statusIs(anna, ['waiting']);
});

scenario('two people without devices still meet, and chat', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  for (const one of [anna, ben]) {
    await one.open(moim.url('/r/no-devices-at-all'));
    await join(one);
  }
  await Promise.all([anna, ben].map((one) => statusIs(one, ['connected'])));
  await Promise.all([anna.click('btn-chat'), ben.click('btn-chat')]);
  await anna.fill('chat-input', 'Hello without a picture');
  await anna.click('chat-send');
  await ben.page.locator('[data-testid=chat-message][data-from=remote]', { hasText: 'Hello without a picture' }).waitFor();
});
