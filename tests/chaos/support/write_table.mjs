// docs/chaos.md: the figures of the last run of each long test. `write_table.mjs FIGURES DOCUMENT`
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';

const head = `# Rooms under faults

What \`script/chaos\` measured when it last ran each test: real clients, a real server, and a network that is broken on
purpose. The script writes this page; a test that was not part of a run keeps its last figures.
`;

/** Sections by the name of their test. @param {string} document */
function sectionsOf(document) {
  const found = document.split(/^## /m).slice(1).map((text) => [text.slice(0, text.indexOf('\n')).trim(), `## ${text.trim()}\n`]);
  return new Map(/** @type {[string, string][]} */ (found));
}

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** @param {string} test @param {{ fault: string, expected: string, measured: string, holds: boolean }[]} rows */
function section(test, rows) {
  const date = execFileSync('git', ['log', '-1', '--format=%cs'], { encoding: 'utf8' }).trim();
  const machine = `${os.availableParallelism()} processors, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Linux ${os.release().split('.').slice(0, 2).join('.')}`;
  // A test has a second try on a busy machine; its last figures count.
  const last = [...new Map(rows.map((row) => [row.fault, row])).values()];
  const lines = last.map((row) => `| ${cell(row.fault)} | ${cell(row.expected)} | ${cell(row.measured)} | ${row.holds ? 'yes' : '**no**'} |`);
  return `## ${test}\n\nThe commit of ${date}; server, browsers and faults on one machine: ${machine}.\n\n| fault | expected | measured | holds |\n|---|---|---|---|\n${lines.join('\n')}\n`;
}

const [figures = '', document = ''] = process.argv.slice(2);
const rows = readFileSync(figures, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const sections = existsSync(document) ? sectionsOf(readFileSync(document, 'utf8')) : new Map();
for (const test of new Set(rows.map((row) => row.test))) sections.set(test, section(test, rows.filter((row) => row.test === test)));
if (rows.length > 0) writeFileSync(document, [head, ...[...sections].sort(([a], [b]) => a.localeCompare(b)).map(([, text]) => text)].join('\n'));
