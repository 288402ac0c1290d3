// @ts-check
// The link that one person sends to another.

export const mayUseClipboard = { permissions: ['clipboard-read', 'clipboard-write', 'camera', 'microphone'] };

/** Copies the link with the app's own button. @param {import('./chromium.mjs').ChromiumPerson} person made with `mayUseClipboard` */
export async function invitationOf(person) {
  await person.click('btn-invite');
  const link = await person.page.waitForFunction(async () => {
    const text = await navigator.clipboard.readText();
    return text.startsWith('https://') ? text : null;
  });
  return /** @type {string} */ (await link.jsonValue());
}
