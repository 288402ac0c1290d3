/** The controls of a call. The frequent ones are always there; on a phone the others unfold. */
import { createSignal, Show } from "solid-js";
import { t } from "../i18n/language";
import { Icon, type IconName } from "../ui/icons";
import type { Microphone } from "./control";

export type Panel = "chat" | "connection" | "devices" | "dtmf" | "help";

export interface ToolbarProps {
  microphone: Microphone;
  cameraOn: boolean;
  sharing: boolean;
  canShare: boolean;
  hasPicture: boolean;
  panel: Panel | undefined;
  unread: number;
  copied: boolean;
  mute(): void;
  camera(): void;
  screen(): void;
  pip(): void;
  snapshot(): void;
  invite(): void;
  leave(): void;
  open(panel: Panel): void;
}

export function Toolbar(props: ToolbarProps) {
  const [more, setMore] = createSignal(false);
  const canPip = "pictureInPictureEnabled" in document && document.pictureInPictureEnabled;
  return (
    <section class="toolbar" aria-label={t().call.toolbar} classList={{ unfolded: more() }}>
      <div class="toolbar-rest" id="toolbar-rest">
        <Tool
          id="btn-invite"
          icon={props.copied ? "check" : "link"}
          label={t().call.invite}
          press={props.invite}
        />
        <Tool
          id="btn-devices"
          icon="devices"
          label={t().call.devices}
          expanded={props.panel === "devices"}
          press={() => props.open("devices")}
        />
        <Tool
          id="btn-snapshot"
          icon="snapshot"
          label={t().call.snapshot}
          disabled={!props.hasPicture}
          press={props.snapshot}
        />
        <Show when={canPip}>
          <Tool id="btn-pip" icon="pip" label={t().call.pip} disabled={!props.hasPicture} press={props.pip} />
        </Show>
        <Tool
          id="btn-dtmf"
          icon="keypad"
          label={t().call.keypad}
          expanded={props.panel === "dtmf"}
          press={() => props.open("dtmf")}
        />
        <Tool
          id="btn-help"
          icon="help"
          label={t().call.help}
          expanded={props.panel === "help"}
          press={() => props.open("help")}
        />
      </div>
      <div class="toolbar-main">
        <Tool
          id="btn-mute"
          icon={props.microphone === "on" ? "microphone" : "microphoneOff"}
          label={t().call.mute}
          hint={props.microphone === "on" ? t().call.mute : t().call.unmute}
          pressed={props.microphone !== "on"}
          off={props.microphone !== "on"}
          press={props.mute}
        />
        <Tool
          id="btn-camera"
          icon={props.cameraOn ? "camera" : "cameraOff"}
          label={t().call.cameraOff}
          hint={props.cameraOn ? t().call.cameraOff : t().call.cameraOn}
          pressed={!props.cameraOn}
          off={!props.cameraOn}
          press={props.camera}
        />
        <Tool
          id="btn-screen"
          icon="screen"
          label={t().call.shareScreen}
          hint={shareHint(props.canShare, props.sharing)}
          pressed={props.sharing}
          disabled={!props.canShare}
          press={props.screen}
        />
        <button type="button" class="tool leave" data-testid="btn-leave" onClick={() => props.leave()}>
          <Icon name="leave" />
          <span class="tool-label">{t().call.leave}</span>
        </button>
      </div>
      <div class="toolbar-side">
        <Tool
          id="btn-chat"
          icon="chat"
          label={props.unread > 0 ? t().call.chatUnread(props.unread) : t().call.chat}
          count={props.unread}
          expanded={props.panel === "chat"}
          press={() => props.open("chat")}
        />
        <Tool
          id="btn-connection"
          icon="connection"
          label={t().call.connection}
          expanded={props.panel === "connection"}
          press={() => props.open("connection")}
        />
        <button
          type="button"
          class="tool more"
          data-testid="btn-more"
          aria-expanded={more()}
          aria-controls="toolbar-rest"
          aria-label={t().call.more}
          onClick={() => setMore(!more())}
        >
          <Icon name="more" />
        </button>
      </div>
    </section>
  );
}

function shareHint(canShare: boolean, sharing: boolean): string {
  if (!canShare) return t().call.noSharing;
  return sharing ? t().call.stopSharing : t().call.shareScreen;
}

interface ToolProps {
  id: string;
  icon: IconName;
  /** Says what the button is; with `pressed` it stays the same in both states. */
  label: string;
  /** What a press does now. */
  hint?: string;
  pressed?: boolean;
  expanded?: boolean;
  off?: boolean;
  disabled?: boolean;
  count?: number;
  press(): void;
}

function Tool(props: ToolProps) {
  return (
    <button
      type="button"
      class="tool"
      classList={{
        off: props.off ?? false,
        active: props.expanded || (props.pressed && !props.off) || false,
      }}
      data-testid={props.id}
      aria-label={props.label}
      title={props.hint ?? props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      disabled={props.disabled ?? false}
      onClick={() => props.press()}
    >
      <Icon name={props.icon} />
      <Show when={(props.count ?? 0) > 0}>
        <span class="tool-count" aria-hidden="true">
          {props.count}
        </span>
      </Show>
    </button>
  );
}
