// Chromium for the members of these tests: the flags of tests/browser, and nothing laid over the page.
import { launchChromium } from '../../browser/support/chromium.mjs';
import { Member } from './member.mjs';

export const launch = (args = []) => launchChromium({ args });

/** A member in a browser context of its own. */
export async function chromiumMember(browser, house, name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  await house.page.prepare?.(context);
  const page = await context.newPage();
  const member = new Member(house, name, {
    evaluate: (code, argument) => page.evaluate(code, argument),
    close: () => context.close(),
  });
  page.on('pageerror', (error) => member.problems.push(`${error}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) member.console.push(message.text());
  });
  await page.goto(house.page.url);
  await page.waitForSelector('body[data-ready=true]', { state: 'attached' });
  member.page = page;
  return member;
}
