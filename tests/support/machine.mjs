// @ts-check
// What this machine can do. Each answer is `false`, or the reason why a test must be skipped.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** @param {string} command */
export function hasCommand(command) {
  return (process.env.PATH ?? '').split(':').concat('/usr/sbin', '/sbin').some((folder) => existsSync(`${folder}/${command}`));
}

export const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const firefoxPath = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

/** @returns {string | false} */
export function noChromium() {
  return existsSync(chromiumPath) ? false : 'needs Chromium: apt-get install chromium, or CHROMIUM=/path';
}

/** @returns {string | false} */
export function noFirefox() {
  return existsSync(firefoxPath) ? false : 'needs Firefox: apt-get install firefox-esr, or FIREFOX=/path';
}

/** @returns {string | false} */
export function noCoturnTools() {
  return hasCommand('turnutils_uclient') ? false : 'needs the coturn tools: apt-get install coturn';
}

/** @returns {string | false} */
export function noNamespaces() {
  if (!hasCommand('nft') || !hasCommand('ip')) return 'needs nft and ip: apt-get install nftables iproute2';
  if (process.getuid?.() !== 0) return 'needs root for network namespaces';
  const probe = `moim-probe-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', probe]).status === 0;
  if (made) spawnSync('ip', ['netns', 'del', probe]);
  return made ? false : 'needs network namespaces, which this machine does not allow';
}
