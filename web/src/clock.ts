/** Time as an argument: machines take a clock, tests drive it by hand. All times in milliseconds. */
export interface Clock {
  now(): number;
  /** Runs once after `ms`; the returned function cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** Monotonic, so that a change of the wall clock never moves a deadline. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const id = setTimeout(run, ms);
    return () => clearTimeout(id);
  },
};
