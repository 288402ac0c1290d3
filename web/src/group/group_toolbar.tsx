/** The controls of a group room. */
import { createSignal } from "solid-js";
import { t } from "../i18n/language";
import { SendingTools, type SendingToolsProps } from "../meeting/sending_tools";
import { Tool } from "../meeting/tool";
import { Icon } from "../ui/icons";

export type GroupPanel = "chat" | "devices" | "help";

export interface GroupToolbarProps extends SendingToolsProps {
  panel: GroupPanel | undefined;
  unread: number;
  copied: boolean;
  invite(): void;
  leave(): void;
  open(panel: GroupPanel): void;
}

export function GroupToolbar(props: GroupToolbarProps) {
  const [more, setMore] = createSignal(false);
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
