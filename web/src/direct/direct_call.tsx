/** Inside a call of two: the other person large, this one small. */
import { createEffect, Show } from "solid-js";
import { ChatPanel } from "../chat/chat_panel";
import type { Inside } from "../entry/entry";
import { t } from "../i18n/language";
import { choices } from "../media/remembered";
import { createMeeting } from "../meeting/meeting";
import { MeetingPage } from "../meeting/meeting_page";
import { Tool } from "../meeting/tool";
import { PanelTool } from "../meeting/toolbar";
import { ConnectionPanel } from "../stats/connection_panel";
import { announce } from "../ui/announcer";
import { announceCall } from "./announcements";
import { type CallModel, createCallModel } from "./call_model";
import { EmptyStage } from "./empty_stage";
import { KeypadPanel } from "./keypad_panel";
import { pictureName, savePicture } from "./snapshot_picture";
import { StatusChip } from "./status_chip";
import { LocalTile, RemoteTile } from "./tiles";

export function DirectCall(props: Inside) {
  const { media, place } = props;
  const meeting = createMeeting(props, "room");
  const { view } = meeting;
  const model = createCallModel({
    name: choices().name,
    place,
    currentPlace: props.currentPlace,
    media,
    renew: props.renew,
    ended: (reason) => props.failed(reason),
  });
  const { snapshot } = model;
  let remoteVideo: HTMLVideoElement | undefined;

  const remoteName = (): string => snapshot().remote?.name || t().call.other;
  const together = (): boolean => snapshot().remoteStream !== undefined && snapshot().status.state !== "left";
  const hasPicture = (): boolean =>
    together() && Boolean(snapshot().remote?.camera || snapshot().remote?.screen);
  const canPip = "pictureInPictureEnabled" in document && document.pictureInPictureEnabled;

  createEffect(() => {
    if (snapshot().status.state === "full") props.failed("full");
  });
  announceCall(model, meeting);

  const pip = async (): Promise<void> => {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await remoteVideo?.requestPictureInPicture();
    } catch {
      announce(t().call.noPip);
    }
  };
  const savePictureOfOther = async (): Promise<void> => {
    const saved =
      remoteVideo && hasPicture() && (await savePicture(remoteVideo, pictureName(place.room, new Date())));
    announce(saved ? t().announce.saved : t().call.noPicture);
  };
  const leave = (): void => {
    model.call.leave();
    media.stopScreen();
    props.left();
  };

  return (
    <MeetingPage
      meeting={meeting}
      class="direct"
      documentTitle={t().call.documentTitle(place.room)}
      title={t().call.title(place.room)}
      status={
        <StatusChip
          status={snapshot().status}
          brokenSeconds={model.brokenSeconds()}
          history={model.history()}
        />
      }
      panels={{
        chat: {
          title: t().chat.title,
          content: () => <CallChat model={model} remoteName={remoteName()} />,
        },
        connection: {
          title: t().connection.title,
          content: () => <ConnectionPanel history={model.history()} status={snapshot().status} />,
        },
        dtmf: {
          title: t().keypad.title,
          content: () => (
            <KeypadPanel
              sender={() => model.call.dtmfSender()}
              available={view.audioTrack() !== null && snapshot().status.state === "connected"}
            />
          ),
        },
      }}
      actions={{
        connection: () => meeting.open("connection"),
        keypad: () => meeting.open("dtmf"),
        pip: () => void pip(),
        snapshot: () => void savePictureOfOther(),
      }}
      rest={
        <>
          <Tool
            id="btn-snapshot"
            icon="snapshot"
            label={t().call.snapshot}
            disabled={!hasPicture()}
            press={() => void savePictureOfOther()}
          />
          <Show when={canPip}>
            <Tool
              id="btn-pip"
              icon="pip"
              label={t().call.pip}
              disabled={!hasPicture()}
              press={() => void pip()}
            />
          </Show>
          <PanelTool meeting={meeting} panel="dtmf" icon="keypad" label={t().call.keypad} />
        </>
      }
      side={<PanelTool meeting={meeting} panel="connection" icon="connection" label={t().call.connection} />}
      leave={leave}
    >
      <Show
        when={together()}
        fallback={
          <EmptyStage
            state={snapshot().status.state}
            brokenSeconds={model.brokenSeconds()}
            leftName={snapshot().remote?.name ?? ""}
            link={meeting.link()}
            copied={meeting.copied()}
            copy={meeting.copyLink}
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
    </MeetingPage>
  );
}

function CallChat(props: { model: CallModel; remoteName: string }) {
  const { call, messages, transfers, snapshot } = props.model;
  return (
    <ChatPanel
      messages={messages()}
      remoteName={props.remoteName}
      reachable={snapshot().reachable}
      empty={t().chat.empty}
      unreachable={t().chat.unreachable}
      say={(text) => call.conversation.say(text, Date.now())}
      files={{
        transfers: transfers(),
        offer: (file) => call.transfers.offer(file),
        accept: (id) => call.transfers.accept(id),
        decline: (id) => call.transfers.decline(id),
        cancel: (id) => call.transfers.cancel(id),
      }}
    />
  );
}
