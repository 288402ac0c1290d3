/** What a person chose before: name, devices, on or off. Kept in this browser only. */
import { isObject, parseObject, stringOr } from "../json";

export interface Choices {
  name: string;
  cameraId: string;
  microphoneId: string;
  speakerId: string;
  camera: boolean;
  microphone: boolean;
}

const KEY = "moim.choices";
const DEFAULTS: Choices = {
  name: "",
  cameraId: "",
  microphoneId: "",
  speakerId: "",
  camera: true,
  microphone: true,
};

export type Store = Pick<Storage, "getItem" | "setItem">;

export function loadChoices(store: Store): Choices {
  const text = readItem(store, KEY);
  const saved = text === null ? undefined : parseObject(text);
  if (!isObject(saved)) return { ...DEFAULTS };
  return {
    name: stringOr(saved["name"], "", 60),
    cameraId: stringOr(saved["cameraId"], ""),
    microphoneId: stringOr(saved["microphoneId"], ""),
    speakerId: stringOr(saved["speakerId"], ""),
    camera: saved["camera"] !== false,
    microphone: saved["microphone"] !== false,
  };
}

export function saveChoices(store: Store, choices: Choices): void {
  writeItem(store, KEY, JSON.stringify(choices));
}

/** Storage can be switched off by the person or be full: then nothing is remembered, and that is all. */
export function readItem(store: Store, key: string): string | null {
  try {
    return store.getItem(key);
  } catch {
    return null;
  }
}

export function writeItem(store: Store, key: string, value: string): void {
  try {
    store.setItem(key, value);
  } catch {
    // Not remembered.
  }
}
