/** The last minute of measures, for the graph and the verdict. */
import type { CandidateType } from "../direct/control";
import { type Measure, measureBetween } from "./measure";
import type { Sample } from "./sample";

/** One a second: a minute. */
export const HISTORY_LENGTH = 60;

export interface History {
  readonly last: Sample | undefined;
  readonly measures: readonly Measure[];
}

export const EMPTY_HISTORY: History = { last: undefined, measures: [] };

export function withSample(history: History, sample: Sample, told: CandidateType | undefined): History {
  if (!history.last) return { last: sample, measures: [] };
  const measure = measureBetween(history.last, sample, told);
  return { last: sample, measures: [...history.measures, measure].slice(-HISTORY_LENGTH) };
}
