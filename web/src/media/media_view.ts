/** Local media and the lists of devices as signals, for the pages. */
import { createSignal, onCleanup, onMount } from "solid-js";
import { type DeviceLists, listDevices, NO_DEVICES } from "./devices";
import type { LocalMedia } from "./local_media";
import type { Microphone } from "./microphone";
import type { CaptureProblem } from "./problems";

export interface SourceProblem {
  source: "microphone" | "camera" | "screen";
  problem: CaptureProblem;
}

export interface MediaView {
  audioTrack(): MediaStreamTrack | null;
  cameraTrack(): MediaStreamTrack | null;
  screenTrack(): MediaStreamTrack | null;
  videoTrack(): MediaStreamTrack | null;
  microphone(): Microphone;
  sharing(): boolean;
  nothing(): boolean;
  devices(): DeviceLists;
  problems(): readonly SourceProblem[];
  clearProblems(source?: SourceProblem["source"]): void;
}

/** Call it inside a component: it stops with it. */
export function createMediaView(media: LocalMedia): MediaView {
  const [version, setVersion] = createSignal(0);
  const [devices, setDevices] = createSignal<DeviceLists>(NO_DEVICES);
  const [problems, setProblems] = createSignal<readonly SourceProblem[]>([]);

  const refresh = async (): Promise<void> => void setDevices(await listDevices(navigator.mediaDevices));
  const clearProblems = (source?: SourceProblem["source"]): void => {
    setProblems(source ? problems().filter((one) => one.source !== source) : []);
  };
  const stops = [
    media.events.on("changed", () => {
      setVersion(version() + 1);
      if (media.audioTrack) clearProblems("microphone");
      if (media.cameraOn) clearProblems("camera");
      // Names of devices are told once one of them was allowed.
      void refresh();
    }),
    media.events.on("problem", (problem) => {
      setProblems([...problems().filter((one) => one.source !== problem.source), problem]);
    }),
  ];
  onMount(() => {
    void refresh();
    const onChange = (): void => void refresh();
    navigator.mediaDevices?.addEventListener("devicechange", onChange);
    onCleanup(() => navigator.mediaDevices?.removeEventListener("devicechange", onChange));
  });
  onCleanup(() => {
    for (const stop of stops) stop();
  });

  const read = <Value>(get: () => Value): (() => Value) => {
    return () => {
      version();
      return get();
    };
  };
  return {
    audioTrack: read(() => media.audioTrack),
    cameraTrack: read(() => media.cameraTrack),
    screenTrack: read(() => media.screenTrack),
    videoTrack: read(() => media.videoTrack),
    microphone: read(() => media.microphone),
    sharing: read(() => media.sharing),
    nothing: read(() => !media.audioTrack && !media.cameraOn),
    devices,
    problems,
    clearProblems,
  };
}
