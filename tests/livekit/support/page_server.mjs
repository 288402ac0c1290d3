// The page of the tests: an unmodified livekit-client from npm, bundled as any app would, served by the test itself.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const entry = fileURLToPath(new URL('../page/member.js', import.meta.url));
const page = '<!doctype html><meta charset="utf-8"><title>member</title><body><script type="module" src="/member.js"></script></body>';

async function bundle() {
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: 'esm', target: 'es2022', write: false, logLevel: 'error' });
  return outputFiles[0].contents;
}

/** What is found at a path: the script, LiveKit's own worker for encryption, or else the page. */
async function site() {
  const scripts = new Map([
    ['/member.js', Buffer.from(await bundle())],
    ['/e2ee.js', await readFile(fileURLToPath(import.meta.resolve('livekit-client/e2ee-worker')))],
  ]);
  return (path) => {
    const script = scripts.get(path);
    return { type: script ? 'text/javascript' : 'text/html', body: script ?? page };
  };
}

/** Serves it on a free port of localhost, which browsers take for secure. */
export async function servePage() {
  const at = await site();
  const server = http.createServer((request, response) => {
    const { type, body } = at(request.url);
    response.writeHead(200, { 'content-type': type });
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${server.address().port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Puts it into a browser without a network, for one that lives where the test does not. */
export async function fulfilPage() {
  const at = await site();
  const prepare = (context) =>
    context.route('http://localhost:8080/**', (route) => {
      const { type, body } = at(new URL(route.request().url()).pathname);
      return route.fulfill({ contentType: type, body });
    });
  return { url: 'http://localhost:8080/', prepare };
}
