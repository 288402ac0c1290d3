/** The call page: two tiles, the controls, one panel at a time. */
import { createEffect, createSignal, Match, Show, Switch } from "solid-js";
import { ChatPanel } from "../chat/chat_panel";
import type { Inside } from "../entry/entry";
import { t } from "../i18n/language";
import { readItem, writeItem } from "../media/choices";
import { DeviceChoosers } from "../media/device_choosers";
import type { LocalMedia } from "../media/local_media";
import { createMediaView } from "../media/media_view";
import { ProblemNotice } from "../media/problem_notice";
import { choices } from "../media/remembered";
import { deviceSwitches } from "../media/switches";
import { HelpPanel } from "../meeting/help_panel";
import { focusButton, listenToKeys } from "../meeting/keyboard";
import type { Shortcut } from "../meeting/shortcuts";
import { roomLink } from "../pages/route";
import { ConnectionPanel } from "../stats/connection_panel";
import { announce } from "../ui/announcer";
import { createCopy } from "../ui/copy";
import { SidePanel } from "../ui/side_panel";
import { announceCall } from "./announcements";
import { type CallModel, createCallModel } from "./call_model";
import { EmptyStage } from "./empty_stage";
import { KeypadPanel } from "./keypad_panel";
import { pictureName, savePicture } from "./snapshot_picture";
import { StatusChip } from "./status_chip";
import { LocalTile, RemoteTile } from "./tiles";
import { type Panel, Toolbar } from "./toolbar";

const SHORTCUTS_OFF = "moim.shortcutsOff";

export function CallPage(props: Inside) {
  const { media, place } = props;
  const view = createMediaView(media);
  const model = createCallModel({
    name: choices().name,
    place,
    currentPlace: props.currentPlace,
    media,
    renew: props.renew,
    ended: (reason) => props.failed(reason),
  });
  const { snapshot, call } = model;
  const [panel, setPanel] = createSignal<Panel>();
  const [unread, setUnread] = createSignal(0);
  const [shortcuts, setShortcuts] = createSignal(readItem(localStorage, SHORTCUTS_OFF) !== "1");
  let remoteVideo: HTMLVideoElement | undefined;

  const remoteName = (): string => snapshot().remote?.name || t().call.other;
  const together = (): boolean => snapshot().remoteStream !== undefined && snapshot().status.state !== "left";
  const hasPicture = (): boolean =>
    together() && Boolean(snapshot().remote?.camera || snapshot().remote?.screen);

  createEffect(() => {
    document.title = t().call.documentTitle(place.room);
    if (snapshot().status.state === "full") props.failed("full");
  });
  announceCall(
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
  const open = (wanted: Panel): void => {
    setPanel(panel() === wanted ? undefined : wanted);
    if (wanted === "chat") setUnread(0);
  };
  const { mute, camera, screen } = deviceSwitches(media);
  const pip = async (): Promise<void> => {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await remoteVideo?.requestPictureInPicture();
    } catch {
      announce(t().call.noPip);
    }
  };
  const saveSnapshot = async (): Promise<void> => {
    const saved =
      remoteVideo && hasPicture() && (await savePicture(remoteVideo, pictureName(place.room, new Date())));
    announce(saved ? t().announce.saved : t().call.noPicture);
  };
  const link = (): string => roomLink(location.origin, place.room, props.currentPlace().invite);
  const { copied, copy: invite } = createCopy(link);

  const actions: Record<Shortcut, () => void> = {
    mute,
    camera,
    screen,
    chat: () => open("chat"),
    connection: () => open("connection"),
    devices: () => open("devices"),
    keypad: () => open("dtmf"),
    pip: () => void pip(),
    snapshot: () => void saveSnapshot(),
    invite,
    help: () => open("help"),
    close,
  };
  listenToKeys(shortcuts, actions);

  return (
    <div class="call" classList={{ "with-panel": panel() !== undefined, together: together() }}>
      <header class="call-head">
        <h1 class="call-room">
          <span class="visually-hidden">{t().call.title(place.room)}</span>
          <span aria-hidden="true">{place.room}</span>
        </h1>
        <StatusChip
          status={snapshot().status}
          brokenSeconds={model.brokenSeconds()}
          history={model.history()}
        />
      </header>
      <main class="stage">
        <Show
          when={together()}
          fallback={
            <EmptyStage
              state={snapshot().status.state}
              brokenSeconds={model.brokenSeconds()}
              leftName={snapshot().remote?.name ?? ""}
              link={link()}
              copied={copied()}
              copy={invite}
            />
          }
        >
          <RemoteTile
            snapshot={snapshot()}
            brokenSeconds={model.brokenSeconds()}
            speakerId={choices().speakerId}
            videoRef={(video) => {
              remoteVideo = video;
            }}
          />
        </Show>
        <LocalTile view={view} name={choices().name} />
        <Show when={view.problems().length > 0 && panel() !== "devices"}>
          <div class="stage-notice">
            <ProblemNotice problems={view.problems()} retry={() => view.clearProblems()} dismiss />
          </div>
        </Show>
      </main>
      <Switch>
        <Match when={panel() === "chat"}>
          <SidePanel id="chat" title={t().chat.title} close={close}>
            <ChatPanel
              messages={model.messages()}
              remoteName={remoteName()}
              reachable={snapshot().reachable}
              empty={t().chat.empty}
              unreachable={t().chat.unreachable}
              say={(text) => call.conversation.say(text, Date.now())}
              files={{
                transfers: model.transfers(),
                offer: (file) => call.transfers.offer(file),
                accept: (id) => call.transfers.accept(id),
                decline: (id) => call.transfers.decline(id),
                cancel: (id) => call.transfers.cancel(id),
              }}
            />
          </SidePanel>
        </Match>
        <Match when={panel() === "connection"}>
          <SidePanel id="connection" title={t().connection.title} close={close}>
            <ConnectionPanel history={model.history()} status={snapshot().status} />
          </SidePanel>
        </Match>
        <Match when={panel() === "devices"}>
          <SidePanel id="devices" title={t().devices.title} close={close}>
            <DeviceChoosers prefix="device" view={view} media={media} />
            <ProblemNotice problems={view.problems()} retry={() => view.clearProblems()} dismiss />
          </SidePanel>
        </Match>
        <Match when={panel() === "dtmf"}>
          <SidePanel id="dtmf" title={t().keypad.title} close={close}>
            <KeypadPanel
              sender={() => call.dtmfSender()}
              available={view.audioTrack() !== null && snapshot().status.state === "connected"}
            />
          </SidePanel>
        </Match>
        <Match when={panel() === "help"}>
          <SidePanel id="help" title={t().help.title} close={close}>
            <HelpPanel
              enabled={shortcuts()}
              enable={(enabled) => {
                setShortcuts(enabled);
                writeItem(localStorage, SHORTCUTS_OFF, enabled ? "0" : "1");
              }}
            />
          </SidePanel>
        </Match>
      </Switch>
      <Toolbar
        microphone={view.microphone()}
        cameraOn={view.cameraTrack() !== null}
        sharing={view.sharing()}
        canShare={media.canShare}
        hasPicture={hasPicture()}
        panel={panel()}
        unread={unread()}
        copied={copied()}
        mute={mute}
        camera={camera}
        screen={screen}
        pip={() => void pip()}
        snapshot={() => void saveSnapshot()}
        invite={invite}
        leave={() => leave(model, media, props.left)}
        open={open}
      />
    </div>
  );
}

function leave(model: CallModel, media: LocalMedia, left: () => void): void {
  model.call.leave();
  media.stopScreen();
  left();
}
