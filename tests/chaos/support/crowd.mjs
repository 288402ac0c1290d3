// A room full of native clients that publish and watch, driven by `moim-bench room`.
import { spawn } from 'node:child_process';
import { benchBinary } from '../../lab/support/links.mjs';
import { apiKey, apiSecret } from '../../livekit/support/keys.mjs';
import { atExit } from '../../support/at_exit.mjs';
import { until } from '../../support/wait.mjs';

export class Crowd {
  #said = '';

  /** @param {string} url @param {{ publishers: number, viewers: number, seconds: number }} size */
  constructor(url, { publishers, viewers, seconds }) {
    const args = ['room', '--url', url, '--publishers', publishers, '--viewers', viewers, '--duration', 1, '--rounds', seconds, '--warm-up', 1, '--video-bitrate', 400_000, '--no-simulcast'];
    const env = { ...process.env, LIVEKIT_API_KEY: apiKey, LIVEKIT_API_SECRET: apiSecret };
    this.size = publishers + viewers;
    this.child = spawn(benchBinary(), args.map(String), { stdio: ['ignore', 'pipe', 'pipe'], env });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.setEncoding('utf8').on('data', (text) => { this.#said += text; });
    const forget = atExit(() => this.child.kill('SIGKILL'));
    this.child.once('exit', forget);
    /** Its figures, once it has ended by itself. */
    this.figures = new Promise((resolve) => this.child.once('close', () => resolve(this.#said)));
  }

  /** Ends it at once. */
  end() {
    this.child.kill('SIGKILL');
  }

  /** Waits until every connection of the crowd stands. @param {import('../../support/moim.mjs').Moim} moim */
  async gathers(moim) {
    await until('the crowd to be connected', async () => (await moim.metrics()).sum('moim_rooms_connected_total') >= this.size, { within: 60_000 });
  }
}
