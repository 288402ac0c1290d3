// @ts-check
// Several browsers on a busy machine miss a deadline now and then; a fault misses it twice.

/** A second try is always said. @param {import('node:test').TestContext} context @param {() => Promise<void>} play */
export async function withSecondTry(context, play) {
  try {
    await play();
  } catch (error) {
    context.diagnostic(`a second try, after: ${error instanceof Error ? error.message : error}`);
    await play();
  }
}
