// @ts-check
import assert from 'node:assert/strict';
import { until } from '../support/wait.mjs';
import { attributeIs, meet } from './support/call.mjs';
import { mediaOf } from './support/media.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();

scenario('a shared screen replaces the camera, and the camera comes back', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  const { seenBySecond: camera } = await meet(moim, anna, ben);

  await anna.click('btn-screen');
  await attributeIs(anna, 'btn-screen', 'aria-pressed', 'true');
  await attributeIs(ben, 'tile-remote', 'data-screen', 'on');
  // The fake screen is 1280x720; a camera is not.
  const screen = await until('the screen at Ben', () => mediaOf(ben).then((media) => media && media.width === 1280 && media.height === 720 && media));
  await until('frames of the screen', () => mediaOf(ben).then((media) => (media?.framesDecoded ?? 0) > screen.framesDecoded + 10));

  await anna.click('btn-screen');
  await attributeIs(ben, 'tile-remote', 'data-screen', 'off');
  await attributeIs(anna, 'tile-local', 'data-camera', 'on');
  const back = await mediaOf(ben);
  await until('frames of the camera', () => mediaOf(ben).then((media) => (media?.framesDecoded ?? 0) > (back?.framesDecoded ?? 0) + 20));
  assert.ok(camera.framesDecoded > 0);
});

scenario('a shared screen that ends by itself gives the camera back', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  // The browser's own "stop sharing" bar ends the track, which a headless browser does not show.
  await anna.page.addInitScript(() => {
    const native = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getDisplayMedia = async (options) => {
      const stream = await native(options);
      Object.assign(window, { endSharing: () => stream.getTracks().forEach((track) => { track.stop(); track.dispatchEvent(new Event('ended')); }) });
      return stream;
    };
  });
  await meet(moim, anna, ben);
  await anna.click('btn-screen');
  await attributeIs(ben, 'tile-remote', 'data-screen', 'on');
  await anna.evaluate(() => /** @type {any} */ (window).endSharing());
  await attributeIs(anna, 'btn-screen', 'aria-pressed', 'false');
  await attributeIs(ben, 'tile-remote', 'data-screen', 'off');
  const back = await mediaOf(ben);
  await until('frames of the camera', () => mediaOf(ben).then((media) => (media?.framesDecoded ?? 0) > (back?.framesDecoded ?? 0) + 20));
});
