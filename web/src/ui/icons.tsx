/** The app's own icons: 24 by 24, one stroke width, drawn for this app. */
import { For } from "solid-js";

const PATHS = {
  microphone: [
    "M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3Z",
    "M5.5 11.5a6.5 6.5 0 0 0 13 0",
    "M12 18v3",
  ],
  microphoneOff: [
    "M15 10.5v-4a3 3 0 0 0-5.6-1.5",
    "M9 9.5v2a3 3 0 0 0 4.6 2.5",
    "M5.5 11.5a6.5 6.5 0 0 0 10.6 5",
    "M18.5 11.5a6.4 6.4 0 0 1-.5 2.6",
    "M12 18v3",
    "M4 4l16 16",
  ],
  camera: [
    "M4.5 6.5h9a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2Z",
    "M15.5 10.5l6-3v9l-6-3",
  ],
  cameraOff: [
    "M9.5 6.5h4a2 2 0 0 1 2 2v4",
    "M15.5 15.5a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2h1",
    "M15.5 10.5l6-3v9l-3.5-1.8",
    "M4 4l16 16",
  ],
  screen: [
    "M4.5 4.5h15a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-15a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2Z",
    "M8.5 20.5h7",
    "M12 13.5v-6",
    "M9.2 10.2 12 7.5l2.8 2.7",
  ],
  pip: ["M4.5 5h15a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-15a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2Z", "M12.5 12h6v4h-6Z"],
  chat: ["M5.5 4.5h13a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3h-6l-4.5 4v-4h-2.5a3 3 0 0 1-3-3v-6a3 3 0 0 1 3-3Z"],
  connection: ["M4 17.5v-3", "M9.3 17.5v-6", "M14.7 17.5v-9", "M20 17.5v-12"],
  weak: ["M4 17.5v-3", "M9.3 17.5v-1", "M14.7 17.5v-1", "M20 17.5v-1", "M12 4.5v5", "M12 12.2h.01"],
  snapshot: [
    "M4.5 7.5h3l1.5-2.5h6l1.5 2.5h3a2 2 0 0 1 2 2v7.5a2 2 0 0 1-2 2h-15a2 2 0 0 1-2-2V9.5a2 2 0 0 1 2-2Z",
    "M12 16.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4Z",
  ],
  keypad: ["M6 6h.01M12 6h.01M18 6h.01M6 12h.01M12 12h.01M18 12h.01M6 18h.01M12 18h.01M18 18h.01"],
  devices: [
    "M4 7h8M16 7h4M4 17h4M12 17h8",
    "M14 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
    "M10 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  ],
  link: [
    "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1",
    "M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1",
  ],
  leave: ["M3.5 13.8c0-1.6 3.5-4.3 8.5-4.3s8.5 2.7 8.5 4.3v1.7l-4.5 1v-2.8a12 12 0 0 0-8 0v2.8l-4.5-1Z"],
  help: [
    "M4.5 6.5h15a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-15a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2Z",
    "M6.5 10.5h.01M10.2 10.5h.01M13.8 10.5h.01M17.5 10.5h.01M8 14h8",
  ],
  more: ["M5.5 12h.01M12 12h.01M18.5 12h.01"],
  close: ["M6 6l12 12M18 6 6 18"],
  send: ["M4 12l16-7-5 15-3.5-6Z", "M11.5 14 20 5"],
  attach: [
    "M19.5 11.5l-7.3 7.3a4.6 4.6 0 0 1-6.5-6.5l7.8-7.8a3 3 0 0 1 4.3 4.3l-7.6 7.6a1.5 1.5 0 0 1-2.1-2.1l6.7-6.7",
  ],
  file: [
    "M7 3.5h7l4.5 4.5v11a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 19V5A1.5 1.5 0 0 1 7 3.5Z",
    "M13.5 3.5V8.5h5",
  ],
  copy: [
    "M9.5 8.5h9a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 8 19v-9a1.5 1.5 0 0 1 1.5-1.5Z",
    "M15.5 8.5V5A1.5 1.5 0 0 0 14 3.5H5.5A1.5 1.5 0 0 0 4 5v8.5A1.5 1.5 0 0 0 5.5 15H8",
  ],
  check: ["M5 12.5l4.5 4.5L19 7.5"],
  warning: ["M12 4 2.8 19.5h18.4Z", "M12 10v4.5", "M12 17.2h.01"],
  speaker: ["M4 9.5v5h3.5L12 18.5v-13L7.5 9.5Z", "M15.5 9a4.2 4.2 0 0 1 0 6", "M18 6.5a8 8 0 0 1 0 11"],
  user: ["M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z", "M4.5 20.5a7.5 7.5 0 0 1 15 0"],
  arrow: ["M5 12h14M13 6l6 6-6 6"],
} as const;

export type IconName = keyof typeof PATHS;

/** Made of dots, which need a broader stroke to be seen. */
const DOTTED: ReadonlySet<IconName> = new Set(["keypad", "more"]);

export function Icon(props: { name: IconName; class?: string }) {
  return (
    <svg
      class={`icon ${props.class ?? ""}`}
      classList={{ dotted: DOTTED.has(props.name) }}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <For each={PATHS[props.name]}>{(path) => <path d={path} />}</For>
    </svg>
  );
}

/** Two circles that meet. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="12" cy="16" r="8" class="mark-left" />
      <circle cx="20" cy="16" r="8" class="mark-right" />
    </svg>
  );
}
