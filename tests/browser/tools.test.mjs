// @ts-check
// The smaller tools of the call page.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { until } from '../support/wait.mjs';
import { meet } from './support/call.mjs';
import { mediaOf } from './support/media.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage({ browser: { args: ['--use-fake-device-for-media-stream=device-count=3,fps=30'] } });

scenario('a snapshot of the other side is a PNG of the size of the picture', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna', { acceptDownloads: true }), await person('Ben')];
  const { seenByFirst } = await meet(moim, anna, ben);
  const [download] = await Promise.all([anna.page.waitForEvent('download'), anna.click('btn-snapshot')]);
  assert.match(download.suggestedFilename(), /\.png$/);
  const png = await readFile(await download.path());
  assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  // The sender may have changed its resolution since; the shape stays.
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  assert.ok(Math.abs(width / height - seenByFirst.width / seenByFirst.height) < 0.02, `${width}x${height}`);
  assert.ok(png.length > 2000, 'the picture is empty');
});

scenario('the keypad sends tones', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await meet(moim, anna, ben);
  await anna.click('btn-dtmf');
  for (const key of ['1', '9', 'star', 'pound']) await anna.click(`dtmf-key-${key}`);
  await until('the tones to be shown', async () => (await anna.text('dtmf-sent')).replaceAll(/\s/g, '') === '19*#');
});

scenario('another camera is taken in mid-call', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await meet(moim, anna, ben);
  await anna.click('btn-devices');
  const cameras = await anna.at('device-camera').locator('option').evaluateAll((options) => options.map((option) => /** @type {HTMLOptionElement} */ (option).value));
  const current = await anna.at('device-camera').inputValue();
  // The second fake camera of Chromium has depth pictures, which cannot be encoded.
  const other = cameras.findLast((camera) => camera !== current);
  assert.ok(other, `only these cameras: ${cameras}`);
  await anna.at('device-camera').selectOption(other);
  const before = await mediaOf(ben);
  await until('frames of the other camera', () => mediaOf(ben).then((media) => (media?.framesDecoded ?? 0) > (before?.framesDecoded ?? 0) + 20));
  assert.equal((await mediaOf(ben))?.connections, 1, 'the call was made anew');
});
