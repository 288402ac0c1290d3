// Fails the build when the first page, or the whole app, has grown past its budget (gzip, as browsers load it).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const FIRST_PAGE_BYTES = 100_000;
const WHOLE_APP_BYTES = 150_000;
/** LiveKit's client, which only group rooms load. */
const GROUP_CLIENT_BYTES = 160_000;

const dist = new URL("../dist", import.meta.url).pathname;
const gzipSize = (path) => gzipSync(readFileSync(join(dist, path)), { level: 9 }).length;

/** What index.html loads before anything can be seen: scripts, their preloads, style sheets. */
function firstPageFiles() {
  const html = readFileSync(join(dist, "index.html"), "utf8");
  const linked = [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map((match) => match[1]);
  return ["index.html", ...linked];
}

const assets = readdirSync(join(dist, "assets")).filter((name) => /\.(js|css)$/.test(name));
const first = firstPageFiles().reduce((sum, path) => sum + gzipSize(path), 0);
const isGroupClient = (name) => name.startsWith("livekit-client");
const sizeOf = (names) => names.reduce((sum, name) => sum + gzipSize(join("assets", name)), 0);
const group = sizeOf(assets.filter(isGroupClient));
const whole = sizeOf(assets.filter((name) => !isGroupClient(name))) + gzipSize("index.html");
if (group === 0) throw new Error("LiveKit's client is no chunk of its own any more: everybody would load it");

const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
console.log(
  `first page ${kb(first)} gzip (budget ${kb(FIRST_PAGE_BYTES)}), whole app ${kb(whole)} (budget ${kb(WHOLE_APP_BYTES)}), ` +
    `group rooms' client ${kb(group)} (budget ${kb(GROUP_CLIENT_BYTES)})`,
);
if (first > FIRST_PAGE_BYTES || whole > WHOLE_APP_BYTES || group > GROUP_CLIENT_BYTES) {
  console.error(
    "The app is over its size budget: load less before the first page, or raise the budget with a reason.",
  );
  process.exit(1);
}
