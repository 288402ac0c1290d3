// A member in Firefox, driven by WebDriver BiDi.
import { Member } from './member.mjs';

export async function firefoxMember(browser, house, name) {
  const page = await (await browser.createBrowserContext()).newPage();
  page.setDefaultTimeout(20_000);
  const member = new Member(house, name, {
    evaluate: (code, argument) => page.evaluate(code, argument),
    close: () => page.close({ runBeforeUnload: false }),
  });
  page.on('pageerror', (error) => member.problems.push(`${error}`));
  await page.goto(house.page.url);
  await page.waitForSelector('body[data-ready=true]');
  member.page = page;
  return member;
}
