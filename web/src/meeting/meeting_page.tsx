/** The page one sees inside a room of either kind: its name and state, the pictures, one panel at a time, the controls. */
import { createEffect, type JSX, Show } from "solid-js";
import { t } from "../i18n/language";
import { DeviceChoosers } from "../media/device_choosers";
import { ProblemNotice } from "../media/problem_notice";
import { SidePanel } from "../ui/side_panel";
import { HelpPanel } from "./help_panel";
import { listenToKeys } from "./keyboard";
import type { Meeting, Panel } from "./meeting";
import type { Shortcut } from "./shortcuts";
import { Toolbar } from "./toolbar";

export interface PanelContent {
  title: string;
  /** Made anew each time the panel is opened. */
  content(): JSX.Element;
}

export interface MeetingPageProps {
  meeting: Meeting;
  class: string;
  documentTitle: string;
  /** The room's name in a sentence, for screen readers. */
  title: string;
  status: JSX.Element;
  /** The pictures. */
  children: JSX.Element;
  /** More that concerns this person, over the pictures. */
  notices?: JSX.Element;
  /** Beside those that every kind of room has. */
  panels: Partial<Record<Panel, PanelContent>>;
  actions: Partial<Record<Shortcut, () => void>>;
  rest?: JSX.Element;
  side?: JSX.Element;
  speakerChosen?(id: string): void;
  leave(): void;
}

export function MeetingPage(props: MeetingPageProps) {
  const { meeting } = props;
  const { view } = meeting;
  const problems = () => (
    <ProblemNotice problems={view.problems()} retry={() => view.clearProblems()} dismiss />
  );
  const actions: Partial<Record<Shortcut, () => void>> = {
    ...meeting.switches,
    chat: () => meeting.open("chat"),
    devices: () => meeting.open("devices"),
    invite: meeting.copyLink,
    help: () => meeting.open("help"),
    close: meeting.close,
    ...props.actions,
  };
  const panels = (): Partial<Record<Panel, PanelContent>> => ({
    devices: {
      title: t().devices.title,
      content: () => (
        <>
          <DeviceChoosers
            prefix="device"
            view={view}
            media={meeting.media}
            speakerChosen={(id) => props.speakerChosen?.(id)}
          />
          {problems()}
        </>
      ),
    },
    help: {
      title: t().help.title,
      content: () => (
        <HelpPanel
          enabled={meeting.keys()}
          enable={meeting.useKeys}
          only={Object.keys(actions) as Shortcut[]}
        />
      ),
    },
    ...props.panels,
  });
  listenToKeys(meeting.keys, actions);
  createEffect(() => {
    document.title = props.documentTitle;
  });

  return (
    <div class={`call ${props.class}`} classList={{ "with-panel": meeting.panel() !== undefined }}>
      <header class="call-head">
        <h1 class="call-room">
          <span class="visually-hidden">{props.title}</span>
          <span aria-hidden="true">{meeting.room}</span>
        </h1>
        {props.status}
      </header>
      <main class="stage">
        {props.children}
        <div class="stage-notice">
          <Show when={view.problems().length > 0 && meeting.panel() !== "devices"}>{problems()}</Show>
          {props.notices}
        </div>
      </main>
      <Show when={meeting.panel()} keyed>
        {(panel) => (
          <SidePanel id={panel} title={panels()[panel]?.title ?? ""} close={meeting.close}>
            {panels()[panel]?.content()}
          </SidePanel>
        )}
      </Show>
      <Toolbar meeting={meeting} rest={props.rest} side={props.side} leave={() => props.leave()} />
    </div>
  );
}
