// @ts-check
// The example that is one page long, as a web developer would try it: from a server of his own.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before } from 'node:test';
import { seesAndHears } from './support/media.mjs';
import { stage } from './support/stage.mjs';

const page = new URL('../../examples/plain-call.html', import.meta.url);
const server = createServer(async (_, response) => response.setHeader('content-type', 'text/html').end(await readFile(page)));
before(() => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined))));
after(() => server.close());

const scenario = stage();

scenario('the example page calls itself', async ({ moim, person }) => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const query = new URLSearchParams({ server: `ws://127.0.0.1:${moim.port('http')}`, room: 'example', token: 'moim-dev' });
  const people = [await person('Anna'), await person('Ben')];
  for (const one of people) await one.open(`http://127.0.0.1:${port}/?${query}`);
  await Promise.all(people.map((one) => seesAndHears(one)));
});
