// @ts-check
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { meet } from './support/call.mjs';
import { mediaOf } from './support/media.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();

const hashOf = (/** @type {Buffer} */ bytes) => createHash('sha256').update(bytes).digest('hex');

/** @typedef {import('./support/chromium.mjs').ChromiumPerson} ChromiumPerson */

/** A row of the list of files, in one of these states. @param {ChromiumPerson} person @param {...string} states */
const row = (person, ...states) => person.page.locator(states.map((state) => `[data-testid=file-row][data-state=${state}]`).join(', '));

/** @param {ChromiumPerson} person @param {string} folder @param {number} size */
async function offers(person, folder, size) {
  const bytes = randomBytes(size);
  const file = path.join(folder, 'holiday 휴가.bin');
  await writeFile(file, bytes);
  await person.click('btn-chat');
  await person.at('file-input').setInputFiles(file);
  return bytes;
}

/** @param {(folder: string) => Promise<void>} work */
async function withFolder(work) {
  const folder = await mkdtemp(path.join(tmpdir(), 'moim-file-'));
  await work(folder).finally(() => rm(folder, { recursive: true }));
}

scenario('a file of 20 MB arrives whole while the call goes on', ({ moim, person }) =>
  withFolder(async (folder) => {
    const [anna, ben] = [await person('Anna', { acceptDownloads: true }), await person('Ben', { acceptDownloads: true })];
    await meet(moim, anna, ben);
    const sent = await offers(anna, folder, 20_000_000);
    await ben.click('btn-chat');
    const started = performance.now();
    const before = await mediaOf(ben);
    await ben.click('file-accept');
    await row(ben, 'done').waitFor({ timeout: 60_000 });
    const took = (performance.now() - started) / 1000;
    console.log(`20 MB took ${took.toFixed(1)} s, ${((160 / took) | 0)} Mbit/s`);
    const [download] = await Promise.all([ben.page.waitForEvent('download'), ben.click('file-download')]);
    assert.equal(download.suggestedFilename(), 'holiday 휴가.bin');
    assert.equal(hashOf(await readFile(await download.path())), hashOf(sent));
    await row(anna, 'done').waitFor();
    const after = await mediaOf(ben);
    assert.ok((after?.framesDecoded ?? 0) > (before?.framesDecoded ?? 0), 'the video stood still');
  }));

scenario('a file that is not wanted is not sent', ({ moim, person }) =>
  withFolder(async (folder) => {
    const [anna, ben] = [await person('Anna'), await person('Ben')];
    await meet(moim, anna, ben);
    await offers(anna, folder, 1000);
    await ben.click('btn-chat');
    await ben.click('file-decline');
    await row(anna, 'failed').waitFor();
  }));
