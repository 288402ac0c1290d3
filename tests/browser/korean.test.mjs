// @ts-check
import assert from 'node:assert/strict';
import { meet } from './support/call.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();
const hangul = /\p{Script=Hangul}/u;

/** What a person reads: without the names of devices and of the languages themselves, which nobody translates. */
function readableLines() {
  const copy = /** @type {HTMLElement} */ (document.body.cloneNode(true));
  for (const options of copy.querySelectorAll('option, script, style')) options.remove();
  document.body.append(copy);
  const text = copy.innerText;
  copy.remove();
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** @param {import('./support/chromium.mjs').ChromiumPerson} person */
async function isKorean(person) {
  assert.equal(await person.page.locator('html').getAttribute('lang'), 'ko');
  const lines = await person.page.evaluate(readableLines);
  assert.ok(lines.some((line) => hangul.test(line)), `no Korean in ${lines.join(' | ')}`);
  const foreign = lines.filter((line) => !hangul.test(line) && /[A-Za-z]{3,}\s+[A-Za-z]{3,}/.test(line));
  assert.deepEqual(foreign, []);
}

scenario('a Korean browser gets Korean, from the start page to the call', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna', { locale: 'ko-KR' }), await person('Ben', { locale: 'ko-KR' })];
  await anna.open(moim.url('/'));
  await anna.sees('start-create');
  await isKorean(anna);
  await anna.click('start-create');
  await anna.sees('prejoin-join');
  await isKorean(anna);
  await meet(moim, anna, ben);
  for (const panel of ['chat', 'connection', 'devices', 'help']) {
    await anna.click(`btn-${panel}`);
    await anna.sees(`panel-${panel}`);
    await isKorean(anna);
  }
});

scenario('the language can be chosen, and is remembered', async ({ moim, person }) => {
  const anna = await person('Anna');
  await anna.open(moim.url('/'));
  await anna.at('language').selectOption('ko');
  await anna.page.locator('html[lang=ko]').waitFor();
  await anna.reload();
  await anna.sees('start-create');
  await isKorean(anna);
});
