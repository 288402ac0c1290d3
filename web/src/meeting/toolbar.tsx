/** The controls of a room. The frequent ones are always there; on a phone the others unfold. */
import { createSignal, type JSX } from "solid-js";
import { t } from "../i18n/language";
import { Icon, type IconName } from "../ui/icons";
import type { Meeting, Panel } from "./meeting";
import { SendingTools } from "./sending_tools";
import { Tool } from "./tool";

export interface ToolbarProps {
  meeting: Meeting;
  /** Beside those that every kind of room has: the less frequent ones. */
  rest?: JSX.Element;
  /** The same, always in sight. */
  side?: JSX.Element;
  leave(): void;
}

export function Toolbar(props: ToolbarProps) {
  const { meeting } = props;
  const [more, setMore] = createSignal(false);
  const unread = () => meeting.unread();
  return (
    <section class="toolbar" aria-label={t().call.toolbar} classList={{ unfolded: more() }}>
      <div class="toolbar-rest" id="toolbar-rest">
        <Tool
          id="btn-invite"
          icon={meeting.copied() ? "check" : "link"}
          label={t().call.invite}
          press={meeting.copyLink}
        />
        <PanelTool meeting={meeting} panel="devices" icon="devices" label={t().call.devices} />
        {props.rest}
        <PanelTool meeting={meeting} panel="help" icon="help" label={t().call.help} />
      </div>
      <div class="toolbar-main">
        <SendingTools media={meeting.media} view={meeting.view} switches={meeting.switches} />
        <button type="button" class="tool leave" data-testid="btn-leave" onClick={() => props.leave()}>
          <Icon name="leave" />
          <span class="tool-label">{t().call.leave}</span>
        </button>
      </div>
      <div class="toolbar-side">
        <PanelTool
          meeting={meeting}
          panel="chat"
          icon="chat"
          label={unread() > 0 ? t().call.chatUnread(unread()) : t().call.chat}
          count={unread()}
        />
        {props.side}
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

/** Opens and closes a panel. */
export function PanelTool(props: {
  meeting: Meeting;
  panel: Panel;
  icon: IconName;
  label: string;
  count?: number;
}) {
  return (
    <Tool
      id={`btn-${props.panel}`}
      icon={props.icon}
      label={props.label}
      expanded={props.meeting.panel() === props.panel}
      count={props.count ?? 0}
      press={() => props.meeting.open(props.panel)}
    />
  );
}
