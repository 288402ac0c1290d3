/** What a tile shows: a video that fits it, or the first letter of a name. */
import { createEffect, createSignal, type JSX, on, onCleanup, onMount, Show } from "solid-js";
import { Icon } from "../ui/icons";
import { fitOf } from "./picture_fit";

export function Avatar(props: { name: string; children?: JSX.Element }) {
  return (
    <div class="avatar">
      <div class="avatar-disc" aria-hidden="true">
        <Show when={props.name} fallback={<Icon name="user" />}>
          {[...props.name.trim()][0]?.toUpperCase()}
        </Show>
      </div>
      {props.children}
    </div>
  );
}

export interface FittedVideoProps {
  ref(video: HTMLVideoElement): void;
  hidden: boolean;
  screen: boolean;
  /** The part of the picture that must stay in sight when it is cut; else it is shown whole. */
  leastVisible?: number;
  /** For screen readers; without one the words beside the picture do. */
  label?: string;
  mirrored?: boolean;
  muted?: boolean;
}

/** A video that is cut to its tile, or shown whole where cutting would lose too much. */
export function FittedVideo(props: FittedVideoProps) {
  let video!: HTMLVideoElement;
  const [shown, setShown] = createSignal<"cover" | "contain">("cover");
  const measure = (): void => {
    const picture = { width: video.videoWidth, height: video.videoHeight };
    const tile = { width: video.clientWidth, height: video.clientHeight };
    setShown(fitOf(picture, tile, props.screen, props.leastVisible));
  };
  onMount(() => {
    video.addEventListener("resize", measure);
    const observer = new ResizeObserver(measure);
    observer.observe(video);
    onCleanup(() => observer.disconnect());
  });
  createEffect(on(() => props.screen, measure, { defer: true }));
  return (
    <video
      ref={(element) => {
        video = element;
        props.ref(element);
      }}
      classList={{ hidden: props.hidden, contain: shown() === "contain", mirrored: props.mirrored ?? false }}
      aria-label={props.label}
      aria-hidden={props.label === undefined ? "true" : undefined}
      autoplay
      playsinline
      muted={props.muted ?? false}
    />
  );
}
