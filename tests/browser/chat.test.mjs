// @ts-check
import assert from 'node:assert/strict';
import { meet } from './support/call.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();

/** @param {import('./support/chromium.mjs').ChromiumPerson} person @param {string} text */
async function says(person, text) {
  await person.fill('chat-input', text);
  await person.click('chat-send');
}

/** @param {import('./support/chromium.mjs').ChromiumPerson} person @param {'local' | 'remote'} from */
const messages = (person, from) => person.page.locator(`[data-testid=chat-message][data-from=${from}]`);

scenario('chat arrives whole and in order, and text is never markup', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await meet(moim, anna, ben);
  await anna.click('btn-chat');
  const texts = ['Hello', '안녕하세요 👋', '<img src=x onerror="document.title=1"> & <b>bold</b>', 'x'.repeat(2000)];
  for (const text of texts) await says(anna, text);
  await ben.click('btn-chat');
  await messages(ben, 'remote').nth(texts.length - 1).waitFor();
  const seen = await messages(ben, 'remote').allInnerTexts();
  texts.forEach((text, index) => assert.ok(seen[index]?.includes(text), `message ${index} is ${seen[index]?.slice(0, 100)}`));
  assert.equal(await messages(ben, 'remote').locator('img, b').count(), 0);
  assert.equal(await messages(anna, 'local').count(), texts.length);
});

scenario('an answer comes back', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await meet(moim, anna, ben);
  await Promise.all([anna.click('btn-chat'), ben.click('btn-chat')]);
  await says(anna, 'Are you there?');
  await messages(ben, 'remote').filter({ hasText: 'Are you there?' }).waitFor();
  await says(ben, 'Yes');
  await messages(anna, 'remote').filter({ hasText: 'Yes' }).waitFor();
});
