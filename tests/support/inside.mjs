// @ts-check
// HTTP from inside a network namespace, where the test itself does not live.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

const program = `fetch(process.argv[1]).then(async (answer) =>
  process.stdout.write(JSON.stringify({ status: answer.status, body: await answer.text() })))`;

/**
 * @param {string} namespace
 * @param {string} url
 * @returns {Promise<{ status: number, body: string }>}
 */
export async function askInside(namespace, url) {
  const { stdout } = await run('ip', ['netns', 'exec', namespace, process.execPath, '-e', program, url], { maxBuffer: 16 << 20 });
  return JSON.parse(stdout);
}
