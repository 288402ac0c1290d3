// @ts-check
// A camera that looks out of a window: a painted landscape as Y4M, for pictures that somebody will look at.
import { writeFile } from 'node:fs/promises';

const width = 1280;
const height = 720;
const frames = 2;

/** @typedef {[number, number, number]} Colour */

/** @type {Record<'day' | 'dusk', { top: Colour, horizon: Colour, sun: Colour, sunAt: [number, number], hills: Colour[] }>} */
const palettes = {
  day: { top: [92, 160, 214], horizon: [222, 236, 240], sun: [255, 246, 214], sunAt: [930, 190], hills: [[158, 190, 190], [104, 152, 138], [58, 112, 92]] },
  dusk: { top: [60, 54, 108], horizon: [246, 178, 132], sun: [255, 226, 170], sunAt: [390, 400], hills: [[150, 104, 130], [98, 70, 106], [52, 42, 74]] },
};

/** @param {Colour} from @param {Colour} to @param {number} share @returns {Colour} */
const mixed = (from, to, share) => /** @type {Colour} */ (from.map((value, index) => value + ((to[index] ?? 0) - value) * share));

/** Height of the ridge of each range of hills at this place. @param {number} x @param {number} range */
const ridge = (x, range) => 430 + range * 85 + (46 - range * 8) * Math.sin(x / (210 - range * 38) + range * 2.1) + 16 * Math.sin(x / 61 + range * 4.7);

/** @param {(typeof palettes)['day']} palette @param {number} x @param {number} y @returns {Colour} */
function colourAt({ top, horizon, sun, sunAt, hills }, x, y) {
  for (let range = hills.length - 1; range >= 0; range -= 1) {
    const hill = hills[range] ?? horizon;
    if (y > ridge(x, range)) return hill;
  }
  const sky = mixed(top, horizon, Math.min(1, y / 480));
  const away = Math.hypot(x - sunAt[0], y - sunAt[1]);
  if (away < 58) return sun;
  return mixed(sky, sun, away < 110 ? 0.35 : 0);
}

/** RGB to the limited range of BT.601. @param {Colour} colour */
function toYuv([r, g, b]) {
  return [16 + 0.257 * r + 0.504 * g + 0.098 * b, 128 - 0.148 * r - 0.291 * g + 0.439 * b, 128 + 0.439 * r - 0.368 * g - 0.071 * b];
}

/** Writes the file for `--use-file-for-fake-video-capture`. @param {string} file @param {keyof typeof palettes} name */
export async function paintScenery(file, name) {
  const luma = Buffer.alloc(width * height);
  const half = (width / 2) * (height / 2);
  const chroma = Buffer.alloc(2 * half);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [l = 0, u = 0, v = 0] = toYuv(colourAt(palettes[name], x, y));
      luma[y * width + x] = Math.round(l);
      if ((x | y) & 1) continue;
      const at = (y / 2) * (width / 2) + x / 2;
      chroma[at] = Math.round(u);
      chroma[half + at] = Math.round(v);
    }
  }
  const frame = Buffer.concat([Buffer.from('FRAME\n'), luma, chroma]);
  const head = Buffer.from(`YUV4MPEG2 W${width} H${height} F30:1 Ip A1:1 C420jpeg\n`);
  await writeFile(file, Buffer.concat([head, ...Array.from({ length: frames }, () => frame)]));
}
