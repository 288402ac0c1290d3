/** What the two pages tell each other over the data channel `control`; checked as it comes in. */
import { MAX_CHAT_CHARS } from "../chat/conversation";
import { countOf, isObject, type JsonObject, parseObject, stringOr } from "../json";
import type { Microphone } from "../media/microphone";

export const MAX_NAME_CHARS = 60;

export type CandidateType = "host" | "srflx" | "prflx" | "relay";

/** How a page is doing, for the other page's tile and connection panel. */
export interface PeerState {
  name: string;
  microphone: Microphone;
  camera: boolean;
  screen: boolean;
  /** The page is in the background: its timers are slow, its pulses rare. */
  hidden: boolean;
  /** What kind of candidate it sends from; `undefined` while it does not know. */
  candidate: CandidateType | undefined;
}

export type ControlMessage =
  | { kind: "state"; state: PeerState }
  | { kind: "pulse" }
  | { kind: "bye" }
  | { kind: "chat"; id: string; text: string }
  | { kind: "file-offer"; id: string; name: string; size: number; type: string }
  | { kind: "file-accept"; id: string }
  | { kind: "file-end"; id: string; reason: string };

export function encodeControl(message: ControlMessage): string {
  return JSON.stringify(message);
}

export function parseControl(text: unknown): ControlMessage | undefined {
  if (typeof text !== "string" || text.length > 32 * 1024) return undefined;
  const value = parseObject(text);
  if (!value) return undefined;
  const id = stringOr(value["id"], "", 64);
  switch (value["kind"]) {
    case "state":
      return { kind: "state", state: parsePeerState(value["state"]) };
    case "pulse":
    case "bye":
      return { kind: value["kind"] };
    case "chat": {
      const text = stringOr(value["text"], "", MAX_CHAT_CHARS);
      return id && text ? { kind: "chat", id, text } : undefined;
    }
    case "file-offer":
      return id ? parseOffer(id, value) : undefined;
    case "file-accept":
      return id ? { kind: "file-accept", id } : undefined;
    case "file-end":
      return id ? { kind: "file-end", id, reason: stringOr(value["reason"], "failed", 32) } : undefined;
    default:
      return undefined;
  }
}

function parseOffer(id: string, value: JsonObject): ControlMessage | undefined {
  const name = stringOr(value["name"], "", 255);
  const size = countOf(value["size"]);
  if (name === "" || size === undefined) return undefined;
  return { kind: "file-offer", id, name, size, type: stringOr(value["type"], "", 128) };
}

export function parsePeerState(value: unknown): PeerState {
  const object = isObject(value) ? value : {};
  return {
    name: stringOr(object["name"], "", 400).slice(0, MAX_NAME_CHARS),
    microphone: oneOf(object["microphone"], ["on", "muted", "none"], "none"),
    camera: object["camera"] === true,
    screen: object["screen"] === true,
    hidden: object["hidden"] === true,
    candidate: oneOf(object["candidate"], ["host", "srflx", "prflx", "relay"], undefined),
  };
}

function oneOf<const Value extends string, Fallback>(
  value: unknown,
  allowed: readonly Value[],
  fallback: Fallback,
): Value | Fallback {
  return allowed.find((one) => one === value) ?? fallback;
}
