/** Before the call: see and hear what will be sent, choose devices and a name. Joining without any device always works. */
import { createEffect, createSignal, on, onCleanup, onMount, Show } from "solid-js";
import { t } from "../i18n/language";
import { DeviceChoosers } from "../media/device_choosers";
import { watchLevel } from "../media/level";
import type { LocalMedia } from "../media/local_media";
import { createMediaView } from "../media/media_view";
import { ProblemNotice } from "../media/problem_notice";
import { choices, choose } from "../media/remembered";
import { goTo } from "../pages/navigation";
import { Icon } from "../ui/icons";
import { TopBar } from "../ui/top_bar";

export interface PreJoinProps {
  room: string;
  media: LocalMedia;
  /** The door has not answered yet. */
  asking: boolean;
  /** Coming from the call. */
  left: boolean;
  join(): void;
}

export function PreJoin(props: PreJoinProps) {
  const { media } = props;
  const view = createMediaView(media);

  createEffect(() => {
    document.title = t().prejoin.documentTitle(props.room);
  });
  createEffect(
    on(
      () => props.asking,
      (asking) => {
        if (!asking) void openDevices();
      },
    ),
  );

  const openDevices = async (): Promise<void> => {
    view.clearProblems();
    const wantMicrophone = choices().microphone && !media.audioTrack;
    const wantCamera = choices().camera && !media.cameraOn;
    if (wantMicrophone && wantCamera) return media.openBoth(choices().microphoneId, choices().cameraId);
    if (wantMicrophone) await media.open("microphone", choices().microphoneId);
    if (wantCamera) await media.open("camera", choices().cameraId);
  };

  const toggle = (source: "microphone" | "camera", running: boolean): void => {
    choose({ [source]: !running });
    view.clearProblems(source);
    if (running) return media.close(source);
    void media.open(source, source === "camera" ? choices().cameraId : choices().microphoneId);
  };

  return (
    <div class="page">
      <TopBar />
      <main class="prejoin" data-testid="prejoin" data-left={props.left}>
        <section class="prejoin-look" aria-label={t().prejoin.preview}>
          <div class="preview">
            <PreviewVideo track={view.cameraTrack()} />
            <Show when={!view.cameraTrack()}>
              <p class="preview-off">
                <Icon name="cameraOff" />
                <span>{t().prejoin.previewOff}</span>
              </p>
            </Show>
            <div class="preview-controls">
              <PreviewToggle source="microphone" running={view.microphone() !== "none"} toggle={toggle} />
              <PreviewToggle source="camera" running={view.cameraTrack() !== null} toggle={toggle} />
            </div>
          </div>
          <LevelMeter track={view.audioTrack()} />
          <ProblemNotice problems={view.problems()} retry={() => void openDevices()} />
        </section>
        <form
          class="prejoin-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (!props.asking) props.join();
          }}
        >
          <p class="eyebrow">
            {t().prejoin.roomLabel} · <span class="room-name">{props.room}</span>
          </p>
          <h1>{props.left ? t().prejoin.left : t().prejoin.title}</h1>
          <label class="field">
            <span class="field-label">{t().prejoin.name}</span>
            <input
              class="input"
              data-testid="prejoin-name"
              value={choices().name}
              maxLength={60}
              autocomplete="name"
              placeholder={t().prejoin.nameHint}
              onInput={(event) => choose({ name: event.currentTarget.value })}
            />
          </label>
          <DeviceChoosers prefix="prejoin" view={view} media={media} />
          <button
            type="submit"
            class="button primary large"
            data-testid="prejoin-join"
            disabled={props.asking}
          >
            {props.asking ? t().prejoin.looking : joinLabel(props.left, view.nothing())}
          </button>
          <Show when={props.left}>
            <button type="button" class="button" onClick={() => goTo("/")}>
              {t().prejoin.anotherRoom}
            </button>
          </Show>
        </form>
      </main>
    </div>
  );
}

function joinLabel(left: boolean, nothing: boolean): string {
  if (nothing) return t().prejoin.joinWithout;
  return left ? t().prejoin.rejoin : t().prejoin.join;
}

function PreviewVideo(props: { track: MediaStreamTrack | null }) {
  let video: HTMLVideoElement | undefined;
  createEffect(() => {
    if (video) video.srcObject = props.track ? new MediaStream([props.track]) : null;
  });
  return (
    <video
      ref={video}
      class="mirrored"
      data-testid="prejoin-preview"
      classList={{ hidden: !props.track }}
      aria-label={t().prejoin.preview}
      autoplay
      playsinline
      muted
    />
  );
}

interface PreviewToggleProps {
  source: "microphone" | "camera";
  running: boolean;
  toggle(source: "microphone" | "camera", running: boolean): void;
}

function PreviewToggle(props: PreviewToggleProps) {
  return (
    <button
      type="button"
      class="round on-video"
      classList={{ off: !props.running }}
      data-testid={`prejoin-toggle-${props.source}`}
      aria-pressed={props.running}
      aria-label={t().prejoin[props.source]}
      title={t().prejoin[props.running ? "turnOff" : "turnOn"][props.source]}
      onClick={() => props.toggle(props.source, props.running)}
    >
      <Icon name={props.running ? props.source : `${props.source}Off`} />
    </button>
  );
}

function LevelMeter(props: { track: MediaStreamTrack | null }) {
  const [level, setLevel] = createSignal(0);
  let bar: HTMLSpanElement | undefined;
  let watching: AbortController | undefined;
  const stop = (): void => watching?.abort();
  createEffect(() => {
    stop();
    setLevel(0);
    if (!props.track) return;
    watching = new AbortController();
    watchLevel(props.track, setLevel, watching.signal);
  });
  createEffect(() => bar?.style.setProperty("--level", String(level())));
  onMount(() => onCleanup(stop));
  return (
    <div class="level">
      <Icon name={props.track ? "microphone" : "microphoneOff"} />
      <div
        class="level-track"
        role="meter"
        data-testid="prejoin-level"
        aria-label={t().prejoin.level}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow={Math.round(level() * 100)}
      >
        <span ref={bar} class="level-bar" />
      </div>
    </div>
  );
}
