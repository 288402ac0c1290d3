// @ts-check
import assert from 'node:assert/strict';
import { meet } from './support/call.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();
const hangul = /\p{Script=Hangul}/u;

/** Words of a language other than Korean that a person reads: two Latin letters or more, apart from names of things. */
const known = /\b(Moim|Chromium|PNG|QR|TURN|STUN|ICE|RTT|UDP|TCP|TLS|NAT|VP8|VP9|AV1|H264|Opus|opus|ms|kbit|Mbit|bit|kB|MB|fps|px|room|English|DTMF|fake|Fake|Default|audio|device|input|output|Hz|https?|localhost|Anna|Ben|Ctrl|Shift|Alt|Esc|Enter|Tab|Space)\b/g;

/** @param {import('./support/chromium.mjs').ChromiumPerson} person */
async function isKorean(person) {
  assert.equal(await person.page.locator('html').getAttribute('lang'), 'ko');
  const lines = (await person.page.locator('body').innerText()).split('\n').filter((line) => line.trim() !== '');
  assert.ok(lines.some((line) => hangul.test(line)), `no Korean in ${lines.join(' | ')}`);
  const foreign = lines.filter((line) => !hangul.test(line) && /[A-Za-z]{3,}\s+[A-Za-z]{3,}/.test(line.replaceAll(known, '')));
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
