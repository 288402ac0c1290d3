/** The state of the call in a few words. */
import { Show } from "solid-js";
import { t } from "../i18n/language";
import type { History } from "../stats/history";
import { verdictOn } from "../stats/verdict";
import type { CallStatus } from "./status";

export function StatusChip(props: { status: CallStatus; brokenSeconds: number; history: History }) {
  const text = (): string =>
    props.status.state === "reconnecting"
      ? t().call.reconnectingSince(props.brokenSeconds)
      : t().call.state[props.status.state];
  const quality = () => verdictOn(props.history.measures).quality;
  return (
    <div class="call-status">
      <p
        class="chip"
        data-testid="call-status"
        data-state={props.status.state}
        data-quality={props.status.state === "connected" ? quality() : undefined}
      >
        <span class="chip-dot" aria-hidden="true" />
        {text()}
      </p>
      <Show when={props.status.doorLost && props.status.state === "connected"}>
        <p class="chip warning" data-testid="door-lost">
          {t().call.doorLost}
        </p>
      </Show>
    </div>
  );
}
