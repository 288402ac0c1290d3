// @ts-check
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { attributeIs, meet } from './support/call.mjs';
import { framesDuring, hearsSound, mediaOf } from './support/media.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();

scenario('a muted microphone is silent, and the other side sees it', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await meet(moim, anna, ben);
  await hearsSound(ben);
  assert.equal(await ben.at('remote-muted').count(), 0);

  await anna.click('btn-mute');
  await attributeIs(anna, 'btn-mute', 'aria-pressed', 'true');
  await ben.sees('remote-muted');
  await sleep(1000);
  // A fake microphone beeps once a second: in two and a half seconds there would be one.
  let loudest = 0;
  for (let n = 0; n < 50; n += 1) {
    loudest = Math.max(loudest, (await mediaOf(ben))?.audioLevel ?? 0);
    await sleep(50);
  }
  assert.ok(loudest < 0.001, `a sound of ${loudest} was heard`);

  await anna.click('btn-mute');
  await ben.at('remote-muted').waitFor({ state: 'detached' });
  await hearsSound(ben);
});

scenario('a camera that is off sends nothing, and the other side sees it', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await meet(moim, anna, ben);
  await anna.click('btn-camera');
  await attributeIs(ben, 'tile-remote', 'data-camera', 'off');
  await ben.sees('remote-camera-off');
  await sleep(500);
  // A disabled track still sends a black frame once a second or so.
  const dark = await framesDuring(ben, 2000);
  assert.ok(dark <= 8, `${dark} frames arrived in two seconds`);

  await anna.click('btn-camera');
  await ben.at('remote-camera-off').waitFor({ state: 'detached' });
  const light = await framesDuring(ben, 2000);
  assert.ok(light >= 20, `only ${light} frames arrived in two seconds`);
});

scenario('who joins muted and without a camera is shown so', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await anna.open(moim.url('/r/quiet-room'));
  await anna.sees('prejoin-join');
  for (const toggle of ['prejoin-toggle-microphone', 'prejoin-toggle-camera']) {
    await attributeIs(anna, toggle, 'aria-pressed', 'true');
    await anna.click(toggle);
    await attributeIs(anna, toggle, 'aria-pressed', 'false');
  }
  await anna.fill('prejoin-name', 'Anna');
  await anna.click('prejoin-join');
  await ben.open(moim.url('/r/quiet-room'));
  await ben.fill('prejoin-name', 'Ben');
  await ben.click('prejoin-join');
  await ben.sees('remote-muted');
  await ben.sees('remote-camera-off');
  await anna.page.locator('[data-testid=remote-name]', { hasText: 'Ben' }).waitFor();
});
