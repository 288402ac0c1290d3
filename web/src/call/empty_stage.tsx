/** What the stage shows while the other person is not there: whom we wait for, and the link to send. */
import { Show } from "solid-js";
import { t } from "../i18n/language";
import { Icon } from "../ui/icons";
import type { CallState } from "./status";

export interface EmptyStageProps {
  state: CallState;
  brokenSeconds: number;
  leftName: string;
  link: string;
  copied: boolean;
  copy(): void;
}

export function EmptyStage(props: EmptyStageProps) {
  const title = (): string => {
    if (props.state === "left") return t().call.leftTitle(props.leftName || t().call.other);
    if (props.state === "reconnecting") return t().call.reconnectingSince(props.brokenSeconds);
    return props.state === "connecting" ? t().call.state.connecting : t().call.inviteTitle;
  };
  const text = (): string => {
    if (props.state === "left") return t().call.leftText;
    return props.state === "waiting" ? t().call.inviteText : t().call.connectingText;
  };
  const inviting = (): boolean => props.state === "waiting" || props.state === "left";
  return (
    <section class="empty-stage">
      <h2>{title()}</h2>
      <Show when={props.state !== "reconnecting"}>
        <p class="lead">{text()}</p>
      </Show>
      <Show when={inviting()}>
        <div class="invite">
          <input
            class="input"
            data-testid="invite-link"
            readonly
            value={props.link}
            aria-label={t().call.linkLabel}
            onFocus={(event) => event.currentTarget.select()}
          />
          <button type="button" class="button primary" data-testid="invite-copy" onClick={() => props.copy()}>
            <Icon name={props.copied ? "check" : "copy"} />
            {props.copied ? t().call.copied : t().call.copyLink}
          </button>
        </div>
      </Show>
    </section>
  );
}
