/** Inside a group room: everybody's tiles, the controls, one panel at a time. */
import { createEffect, createMemo, createSignal, Match, Show, Switch } from "solid-js";
import { ChatPanel } from "../chat/chat_panel";
import type { Inside } from "../entry/entry";
import { t } from "../i18n/language";
import { readItem, writeItem } from "../media/choices";
import { DeviceChoosers } from "../media/device_choosers";
import { createMediaView } from "../media/media_view";
import { ProblemNotice } from "../media/problem_notice";
import { choices } from "../media/remembered";
import { deviceSwitches } from "../media/switches";
import { HelpPanel } from "../meeting/help_panel";
import { InviteLink } from "../meeting/invite_link";
import { focusButton, listenToKeys } from "../meeting/keyboard";
import type { Shortcut } from "../meeting/shortcuts";
import { roomLink } from "../pages/route";
import { createCopy } from "../ui/copy";
import { Icon } from "../ui/icons";
import { SidePanel } from "../ui/side_panel";
import { announceGroup } from "./announcements";
import { createGroupModel } from "./group_model";
import { type GroupPanel, GroupToolbar } from "./group_toolbar";
import { OwnPictures } from "./own_pictures";
import type { GroupPerson } from "./people";
import { GroupStage } from "./stage";

const SHORTCUTS_OFF = "moim.shortcutsOff";
const SHORTCUTS: readonly Shortcut[] = [
  "mute",
  "camera",
  "screen",
  "chat",
  "devices",
  "invite",
  "help",
  "close",
];

export function GroupCall(props: Inside) {
  const { media, place } = props;
  const view = createMediaView(media);
  const model = createGroupModel({
    url: location.origin,
    // The name may have been typed after the door gave the place.
    token: async () => ((await props.renew()) === "renewed" ? props.currentPlace().token : undefined),
    media,
    ended: (error) => props.failed(error),
  });
  const own = new OwnPictures();
  const me = createMemo<GroupPerson>(() => ({
    id: place.peerId,
    name: choices().name,
    local: true,
    microphone: view.microphone(),
    speaking: model.speaking() && view.microphone() === "on",
    camera: own.of(view.cameraTrack()),
    screen: own.of(view.screenTrack()),
    paused: false,
    joinedAt: 0,
  }));
  const people = (): readonly GroupPerson[] => [me(), ...model.others];
  const [panel, setPanel] = createSignal<GroupPanel>();
  const [unread, setUnread] = createSignal(0);
  const [shortcuts, setShortcuts] = createSignal(readItem(localStorage, SHORTCUTS_OFF) !== "1");
  const link = (): string => roomLink(location.origin, place.room, props.currentPlace().invite, "group");
  const { copied, copy: invite } = createCopy(link);
  const switches = deviceSwitches(media);

  createEffect(() => {
    document.title = t().group.documentTitle(place.room);
  });
  announceGroup(
    model,
    view,
    () => panel() === "chat",
    () => setUnread(unread() + 1),
  );

  const close = (): void => {
    const closing = panel();
    const within = document.activeElement?.closest(".panel") !== null;
    setPanel(undefined);
    // The person was in the panel: back to where it was opened from.
    if (closing && within) focusButton(closing);
  };
  const open = (wanted: GroupPanel): void => {
    setPanel(panel() === wanted ? undefined : wanted);
    if (wanted === "chat") setUnread(0);
  };
  const leave = (): void => {
    model.leave();
    media.stopScreen();
    props.left();
  };
  listenToKeys(shortcuts, {
    ...switches,
    chat: () => open("chat"),
    devices: () => open("devices"),
    invite,
    help: () => open("help"),
    close,
  });

  return (
    <div class="call group" classList={{ "with-panel": panel() !== undefined }}>
      <header class="call-head">
        <h1 class="call-room">
          <span class="visually-hidden">{t().group.title(place.room)}</span>
          <span aria-hidden="true">{place.room}</span>
        </h1>
        <p class="chip" data-testid="group-status" data-state={model.state()} data-count={people().length}>
          <span class="chip-dot" aria-hidden="true" />
          {model.state() === "connected"
            ? t().group.state.connected(people().length)
            : t().group.state[model.state() as "connecting" | "reconnecting" | "left"]}
        </p>
      </header>
      <main class="stage group-stage">
        <Show when={model.state() === "reconnecting"}>
          <p class="group-banner" data-testid="group-reconnecting">
            {t().group.reconnecting}
          </p>
        </Show>
        <GroupStage people={people()} />
        <Show when={model.state() === "connected" && model.others.length === 0 && !panel()}>
          <section class="group-alone" data-testid="group-alone">
            <h2>{t().call.inviteTitle}</h2>
            <p>{t().group.aloneText}</p>
            <InviteLink link={link()} copied={copied()} copy={invite} />
          </section>
        </Show>
        <Show when={model.silenced() && model.state() === "connected"}>
          <div class="group-sound">
            <p>{t().call.playSoundText}</p>
            <button
              type="button"
              class="button primary"
              data-testid="play-sound"
              onClick={() => model.startSound()}
            >
              <Icon name="speaker" />
              {t().call.playSound}
            </button>
          </div>
        </Show>
        <div class="stage-notice">
          <Show when={view.problems().length > 0 && panel() !== "devices"}>
            <ProblemNotice problems={view.problems()} retry={() => view.clearProblems()} dismiss />
          </Show>
          <Show when={model.refused()[0]}>
            {(source) => (
              <div class="notice" role="status" data-testid="group-unpublished" data-source={source()}>
                <Icon name="warning" />
                <div>
                  <p class="notice-title">{t().group.unpublished(t().problem.source[source()])}</p>
                  <p>{t().group.unpublishedAdvice}</p>
                  <button type="button" class="button small" onClick={() => model.forgetRefused()}>
                    {t().call.close}
                  </button>
                </div>
              </div>
            )}
          </Show>
        </div>
      </main>
      <Switch>
        <Match when={panel() === "chat"}>
          <SidePanel id="chat" title={t().group.chatTitle} close={close}>
            <ChatPanel
              messages={model.messages()}
              remoteName={t().group.guest}
              reachable={model.state() === "connected"}
              empty={t().group.chatEmpty}
              unreachable={t().group.chatUnreachable}
              say={(text) => model.say(text)}
            />
          </SidePanel>
        </Match>
        <Match when={panel() === "devices"}>
          <SidePanel id="devices" title={t().devices.title} close={close}>
            <DeviceChoosers
              prefix="device"
              view={view}
              media={media}
              speakerChosen={(id) => model.chooseSpeaker(id)}
            />
            <ProblemNotice problems={view.problems()} retry={() => view.clearProblems()} dismiss />
          </SidePanel>
        </Match>
        <Match when={panel() === "help"}>
          <SidePanel id="help" title={t().help.title} close={close}>
            <HelpPanel
              enabled={shortcuts()}
              only={SHORTCUTS}
              enable={(enabled) => {
                setShortcuts(enabled);
                writeItem(localStorage, SHORTCUTS_OFF, enabled ? "0" : "1");
              }}
            />
          </SidePanel>
        </Match>
      </Switch>
      <GroupToolbar
        microphone={view.microphone()}
        cameraOn={view.cameraTrack() !== null}
        sharing={view.sharing()}
        canShare={media.canShare}
        panel={panel()}
        unread={unread()}
        copied={copied()}
        mute={switches.mute}
        camera={switches.camera}
        screen={switches.screen}
        invite={invite}
        leave={leave}
        open={open}
      />
    </div>
  );
}
