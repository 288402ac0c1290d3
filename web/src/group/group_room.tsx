/** Inside a group room: everybody's tiles, and what concerns the whole room above them. */
import { createMemo, Show } from "solid-js";
import { ChatPanel } from "../chat/chat_panel";
import type { Inside } from "../entry/entry";
import { t } from "../i18n/language";
import { choices } from "../media/remembered";
import { InviteLink } from "../meeting/invite_link";
import { createMeeting, type Meeting } from "../meeting/meeting";
import { MeetingPage } from "../meeting/meeting_page";
import { Icon } from "../ui/icons";
import { announceGroup } from "./announcements";
import { createGroupModel, type GroupModel } from "./group_model";
import { OwnPictures } from "./own_pictures";
import type { GroupPerson } from "./people";
import { GroupStage } from "./stage";

export function GroupRoom(props: Inside) {
  const { media, place } = props;
  const meeting = createMeeting(props, "group");
  const { view } = meeting;
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
    screenPaused: false,
    // How one's own connection is stands beside the room's name.
    line: "good",
    joinedAt: 0,
  }));
  const people = (): readonly GroupPerson[] => [me(), ...model.others];
  const alone = (): boolean => model.state() === "connected" && model.others.length === 0;
  const leave = (): void => {
    model.leave();
    media.stopScreen();
    props.left();
  };
  announceGroup(model, meeting);

  return (
    <MeetingPage
      meeting={meeting}
      class="group"
      documentTitle={t().group.documentTitle(place.room)}
      title={t().group.title(place.room)}
      status={<Status model={model} count={people().length} />}
      panels={{ chat: { title: t().group.chatTitle, content: () => <GroupChat model={model} /> } }}
      actions={{}}
      notices={<Unpublished model={model} />}
      speakerChosen={(id) => model.chooseSpeaker(id)}
      leave={leave}
    >
      <div class="group-stage">
        <div class="group-banners">
          <Banners model={model} meeting={meeting} />
        </div>
        <GroupStage people={people()} cutOff={model.state() === "reconnecting"} />
        <Show when={alone() && !meeting.panel()}>
          <section class="group-alone" data-testid="group-alone">
            <h2>{t().call.inviteTitle}</h2>
            <p>{t().group.aloneText}</p>
            <InviteLink link={meeting.link()} copied={meeting.copied()} copy={meeting.copyLink} />
          </section>
        </Show>
      </div>
    </MeetingPage>
  );
}

function Status(props: { model: GroupModel; count: number }) {
  const weak = (): boolean => props.model.state() === "connected" && props.model.line() !== "good";
  const text = (): string => {
    const state = props.model.state();
    if (state !== "connected") return t().group.state[state];
    const count = t().group.state.connected(props.count);
    return weak() ? `${count} · ${t().group.weak}` : count;
  };
  return (
    <p
      class="chip"
      data-testid="group-status"
      data-state={props.model.state()}
      data-quality={weak() ? "poor" : undefined}
      data-count={props.count}
    >
      <span class="chip-dot" aria-hidden="true" />
      {text()}
    </p>
  );
}

function Banners(props: { model: GroupModel; meeting: Meeting }) {
  const { model, meeting } = props;
  return (
    <>
      <Show when={model.state() === "reconnecting"}>
        <p class="group-banner warning" data-testid="group-reconnecting">
          {t().group.reconnecting}
        </p>
      </Show>
      <Show when={model.silenced() && model.state() === "connected"}>
        <div class="group-banner">
          <p>{t().call.playSoundText}</p>
          <button
            type="button"
            class="button small primary"
            data-testid="play-sound"
            onClick={() => model.startSound()}
          >
            <Icon name="speaker" />
            {t().call.playSound}
          </button>
        </div>
      </Show>
      <Show when={meeting.view.sharing()}>
        <div class="group-banner" data-testid="group-sharing">
          <p>{t().call.sharingNow}</p>
          <button
            type="button"
            class="button small"
            data-testid="group-stop-sharing"
            onClick={meeting.switches.screen}
          >
            {t().call.stopSharing}
          </button>
        </div>
      </Show>
    </>
  );
}

function Unpublished(props: { model: GroupModel }) {
  return (
    <Show when={props.model.refused()[0]}>
      {(source) => (
        <div class="notice" role="status" data-testid="group-unpublished" data-source={source()}>
          <Icon name="warning" />
          <div>
            <p class="notice-title">{t().group.unpublished(t().problem.source[source()])}</p>
            <p>{t().group.unpublishedAdvice}</p>
            <button type="button" class="button small" onClick={() => props.model.forgetRefused()}>
              {t().call.close}
            </button>
          </div>
        </div>
      )}
    </Show>
  );
}

function GroupChat(props: { model: GroupModel }) {
  const { model } = props;
  return (
    <ChatPanel
      messages={model.messages()}
      remoteName={t().group.guest}
      reachable={model.state() === "connected"}
      empty={t().group.chatEmpty}
      unreachable={t().group.chatUnreachable}
      say={(text) => model.say(text)}
    />
  );
}
