// @ts-check
import assert from 'node:assert/strict';

/**
 * Presses Tab until the element has the focus, which must be visible there.
 * @param {import('./chromium.mjs').ChromiumPerson} person @param {string} id
 */
export async function tabTo(person, id) {
  for (let n = 0; n < 60; n += 1) {
    const focus = await person.page.evaluate(() => {
      const element = document.activeElement;
      if (!element) return null;
      const style = getComputedStyle(element);
      const shown = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
      return { id: element.getAttribute('data-testid'), shown: shown || style.boxShadow !== 'none' };
    });
    if (focus?.id === id) {
      assert.ok(focus.shown, `the focus on ${id} cannot be seen`);
      return;
    }
    await person.page.keyboard.press('Tab');
  }
  assert.fail(`Tab does not lead to ${id}`);
}
