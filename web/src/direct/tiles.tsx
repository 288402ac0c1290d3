/** The two tiles: the other person large, this person small. */
import { createEffect, createSignal, on, onMount, Show } from "solid-js";
import { t } from "../i18n/language";
import { canChooseSpeaker } from "../media/devices";
import type { MediaView } from "../media/media_view";
import { Avatar, FittedVideo } from "../meeting/picture";
import { Icon } from "../ui/icons";
import type { CallSnapshot } from "./call";

export interface RemoteTileProps {
  snapshot: CallSnapshot;
  brokenSeconds: number;
  speakerId: string;
  videoRef(video: HTMLVideoElement): void;
}

export function RemoteTile(props: RemoteTileProps) {
  let video!: HTMLVideoElement;
  const [blocked, setBlocked] = createSignal(false);
  const remote = () => props.snapshot.remote;
  const name = (): string => remote()?.name || t().call.other;
  const hasPicture = (): boolean => (remote()?.camera ?? false) || (remote()?.screen ?? false);
  const broken = (): boolean => props.snapshot.status.state === "reconnecting";

  const play = (): void => {
    video.play().then(
      () => setBlocked(false),
      (error: unknown) => setBlocked(error instanceof DOMException && error.name === "NotAllowedError"),
    );
  };
  onMount(() => props.videoRef(video));
  createEffect(
    on(
      () => props.snapshot.remoteStream,
      (stream) => {
        video.srcObject = stream ?? null;
        if (stream) play();
      },
    ),
  );
  createEffect(() => {
    if (canChooseSpeaker()) void video.setSinkId(props.speakerId).catch(() => undefined);
  });

  return (
    <section
      class="tile tile-remote"
      classList={{ broken: broken() }}
      data-testid="tile-remote"
      data-camera={hasPicture() ? "on" : "off"}
      data-screen={remote()?.screen ? "on" : "off"}
      aria-label={name()}
    >
      <FittedVideo
        ref={(element) => {
          video = element;
        }}
        hidden={!hasPicture()}
        screen={remote()?.screen ?? false}
        label={remote()?.screen ? t().call.remoteScreen(name()) : name()}
      />
      <Show when={!hasPicture()}>
        <Avatar name={remote()?.name ?? ""}>
          <p data-testid="remote-camera-off">{t().call.remoteCameraOff}</p>
        </Avatar>
      </Show>
      <Show when={broken()}>
        <p class="tile-cover">{t().call.reconnectingSince(props.brokenSeconds)}</p>
      </Show>
      <p class="tile-label">
        <Show when={remote() && remote()?.microphone !== "on"}>
          <span class="badge" data-testid="remote-muted">
            <Icon name="microphoneOff" />
            <span class="visually-hidden">
              {remote()?.microphone === "none" ? t().call.remoteNoMicrophone : t().call.remoteMuted}
            </span>
          </span>
        </Show>
        <span data-testid="remote-name">{name()}</span>
      </p>
      <Show when={blocked()}>
        <div class="tile-action">
          <p>{t().call.playSoundText}</p>
          <button type="button" class="button primary" data-testid="play-sound" onClick={play}>
            <Icon name="speaker" />
            {t().call.playSound}
          </button>
        </div>
      </Show>
    </section>
  );
}

export function LocalTile(props: { view: MediaView; name: string }) {
  let video!: HTMLVideoElement;
  createEffect(() => {
    const track = props.view.videoTrack();
    video.srcObject = track ? new MediaStream([track]) : null;
  });
  const hasPicture = (): boolean => props.view.videoTrack() !== null;
  return (
    <section
      class="tile tile-local"
      data-testid="tile-local"
      data-camera={props.view.cameraTrack() ? "on" : "off"}
      data-screen={props.view.sharing() ? "on" : "off"}
      aria-label={t().call.you}
    >
      <FittedVideo
        ref={(element) => {
          video = element;
        }}
        hidden={!hasPicture()}
        screen={props.view.sharing()}
        mirrored={!props.view.sharing()}
        muted
        label={t().call.you}
      />
      <Show when={!hasPicture()}>
        <Avatar name={props.name} />
      </Show>
      <p class="tile-label">
        <Show when={props.view.microphone() !== "on"}>
          <span class="badge">
            <Icon name="microphoneOff" />
            <span class="visually-hidden">{t().call.remoteMuted}</span>
          </span>
        </Show>
        <span>{props.view.sharing() ? t().call.sharingNow : t().call.you}</span>
      </p>
    </section>
  );
}
