// The page of the tests: an unmodified livekit-client from npm, bundled as any app would, served by the test itself.
import { once } from 'node:events';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const entry = fileURLToPath(new URL('../page/member.js', import.meta.url));
const page = '<!doctype html><meta charset="utf-8"><title>member</title><body><script type="module" src="/member.js"></script></body>';

async function bundle() {
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: 'esm', target: 'es2022', write: false, logLevel: 'error' });
  return outputFiles[0].contents;
}

/** Serves it on a free port of localhost, which browsers take for secure. */
export async function servePage() {
  const script = await bundle();
  const server = http.createServer((request, response) => {
    const isScript = request.url === '/member.js';
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' });
    response.end(isScript ? script : page);
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
  const script = Buffer.from(await bundle());
  const prepare = (context) =>
    context.route('http://localhost:8080/**', (route) => {
      const isScript = new URL(route.request().url()).pathname === '/member.js';
      return route.fulfill({ contentType: isScript ? 'text/javascript' : 'text/html', body: isScript ? script : page });
    });
  return { url: 'http://localhost:8080/', prepare };
}
