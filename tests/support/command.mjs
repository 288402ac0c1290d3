// @ts-check
// `moim` as a command that says something and ends.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bareEnvironment, moimBinary } from './moim.mjs';
import { toToml } from './toml.mjs';

/**
 * Runs moim until it ends by itself, for at most ten seconds.
 * @param {string[]} args
 * @param {{ config?: Record<string, any> | string, mode?: number, env?: Record<string, string> }} [options] a configuration is put into a file of its own
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export async function runMoim(args, { config, mode = 0o600, env = {} } = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'moim-command-'));
  const file = path.join(folder, 'moim.toml');
  if (config !== undefined) await writeFile(file, typeof config === 'string' ? config : toToml(config), { mode });
  const all = config === undefined ? args : [...args, '--config', file];
  const child = spawn(moimBinary(), all, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000, env: { ...bareEnvironment(), NO_COLOR: '1', ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { output += text; });
  const code = await new Promise((resolve) => child.once('close', resolve));
  await rm(folder, { recursive: true });
  return { code, output };
}
