// @ts-check
// The Prometheus text format, as far as a test reads it.

/** One scrape: samples by their full name, labels included. */
export class Metrics {
  /** @param {Map<string, number>} samples */
  constructor(samples) {
    this.samples = samples;
  }

  /**
   * The sum of every sample of this metric whose labels contain the given text.
   * @param {string} name
   * @param {string} [labels] for example `result="ok"`
   */
  sum(name, labels = '') {
    let sum = 0;
    let seen = false;
    for (const [sample, value] of this.samples) {
      const [own, rest = ''] = sample.split('{');
      if (own !== name) continue;
      seen = true;
      if (rest.includes(labels)) sum += value;
    }
    if (!seen) throw new Error(`no metric ${name} among ${[...this.names()].join(', ')}`);
    return sum;
  }

  names() {
    return new Set([...this.samples.keys()].map((sample) => sample.split('{')[0]));
  }
}

/** @param {string} text */
export function parseMetrics(text) {
  const samples = new Map();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const cut = line.lastIndexOf(' ');
    samples.set(line.slice(0, cut), Number(line.slice(cut + 1)));
  }
  return new Metrics(samples);
}
