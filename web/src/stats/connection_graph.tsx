/** The last minute: round trip as a line, loss as bars. */
import { For } from "solid-js";
import { t } from "../i18n/language";
import { curve, roundTop } from "./graph";
import { HISTORY_LENGTH } from "./history";
import type { Measure } from "./measure";

const SIZE = { width: 300, height: 72 };
const BAR_WIDTH = 3;

export function ConnectionGraph(props: { measures: readonly Measure[] }) {
  const roundTrips = () => props.measures.map((one) => one.rttMs);
  const top = (): number => roundTop(roundTrips(), 20);
  const line = (): string => curve(roundTrips(), HISTORY_LENGTH, top(), SIZE);
  const bars = () => {
    const step = SIZE.width / (HISTORY_LENGTH - 1);
    const start = SIZE.width - (props.measures.length - 1) * step;
    return props.measures.map((one, index) => ({
      x: start + index * step - BAR_WIDTH / 2,
      // 20 % loss fills the graph: nobody can talk beyond that.
      height: Math.min((one.lossInPercent ?? 0) / 20, 1) * SIZE.height,
    }));
  };
  return (
    <figure class="graph">
      <svg
        viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t().connection.graph}
      >
        <line class="graph-base" x1="0" x2={SIZE.width} y1={SIZE.height - 0.5} y2={SIZE.height - 0.5} />
        <line class="graph-base faint" x1="0" x2={SIZE.width} y1="0.5" y2="0.5" />
        <For each={bars()}>
          {(bar) => (
            <rect
              class="graph-bar"
              x={bar.x}
              y={SIZE.height - bar.height}
              width={BAR_WIDTH}
              height={bar.height}
            />
          )}
        </For>
        <path class="graph-line" d={line()} vector-effect="non-scaling-stroke" />
      </svg>
      <figcaption>
        <span class="key-line">{t().connection.graphRtt}</span>
        <span class="key-bar">{t().connection.graphLoss}</span>
        <span class="graph-top">{top()} ms</span>
      </figcaption>
    </figure>
  );
}
