/** The controls of a call. The frequent ones are always there; on a phone the others unfold. */
import { createSignal, Show } from "solid-js";
import { t } from "../i18n/language";
import type { Microphone } from "../media/microphone";
import { SendingTools } from "../meeting/sending_tools";
import { Tool } from "../meeting/tool";
import { Icon } from "../ui/icons";

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
        <SendingTools
          microphone={props.microphone}
          cameraOn={props.cameraOn}
          sharing={props.sharing}
          canShare={props.canShare}
          mute={props.mute}
          camera={props.camera}
          screen={props.screen}
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
