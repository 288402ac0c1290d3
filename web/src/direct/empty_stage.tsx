/** What the stage shows while the other person is not there: whom we wait for, and the link to send. */
import { Show } from "solid-js";
import { t } from "../i18n/language";
import { InviteLink } from "../meeting/invite_link";
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
        <InviteLink link={props.link} copied={props.copied} copy={props.copy} />
      </Show>
    </section>
  );
}
