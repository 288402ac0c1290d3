/** Single-key shortcuts: which key means what, and when keys belong to something else. */
export type Shortcut =
  | "mute"
  | "camera"
  | "screen"
  | "chat"
  | "connection"
  | "devices"
  | "keypad"
  | "pip"
  | "snapshot"
  | "invite"
  | "help"
  | "close";

/** By physical key where that is a letter, so that they work with the Korean layout as well. */
const BY_CODE: Record<string, Shortcut> = {
  KeyM: "mute",
  KeyV: "camera",
  KeyS: "screen",
  KeyC: "chat",
  KeyI: "connection",
  KeyD: "devices",
  KeyK: "keypad",
  KeyP: "pip",
  KeyF: "snapshot",
  KeyL: "invite",
};

export const SHORTCUT_KEYS: readonly { key: string; shortcut: Shortcut }[] = [
  ...Object.entries(BY_CODE).map(([code, shortcut]) => ({ key: code.slice(3), shortcut })),
  { key: "?", shortcut: "help" },
  { key: "Esc", shortcut: "close" },
];

export interface KeyFacts {
  key: string;
  code: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  repeat: boolean;
  isComposing: boolean;
  /** The element that has the focus. */
  tag: string;
  editable: boolean;
}

export function shortcutFor(key: KeyFacts): Shortcut | undefined {
  if (key.ctrlKey || key.altKey || key.metaKey || key.repeat || key.isComposing) return undefined;
  if (key.key === "Escape") return "close";
  if (key.editable || ["INPUT", "TEXTAREA", "SELECT"].includes(key.tag)) return undefined;
  if (key.key === "?") return "help";
  return BY_CODE[key.code];
}
