/** The frames of `moim.direct.v1`, checked as they come in. */
import { isObject, type JsonObject, parseObject, stringOr } from "../json";

export const SUBPROTOCOL = "moim.direct.v1";
/** The server refuses longer messages; ours stay far below. */
export const MAX_FRAME_CHARS = 64 * 1024;

export type ServerFrame =
  | { event: "authenticated" }
  | { event: "refused" }
  /** The server has no place just now, or is being stopped. */
  | { event: "busy" }
  | { event: "pong"; data: unknown }
  | { event: "iceServers"; servers: RTCIceServer[] }
  | { event: "open"; peerIds: string[]; polite: boolean }
  | { event: "close"; peerId: string }
  | { event: "peer"; from: string; payload: JsonObject }
  | { event: "targetError"; target: string }
  | { event: "limitError"; message: string }
  | { event: "uniquenessError" }
  | { event: "replaced" };

/** `undefined` for anything that is not a frame we know. */
export function parseFrame(text: unknown): ServerFrame | undefined {
  if (typeof text !== "string") return undefined;
  const frame = parseObject(text);
  if (!frame) return undefined;
  const data = frame["data"];
  switch (frame["event"]) {
    case "authenticated":
      return { event: "authenticated" };
    case "connect_error":
      return isObject(data) && data["message"] === "Authentication error"
        ? { event: "refused" }
        : { event: "busy" };
    case "pong":
      return { event: "pong", data };
    case "iceServers":
      return { event: "iceServers", servers: parseIceServers(data) };
    case "replaced":
      return { event: "replaced" };
    case "uniquenessError":
      return { event: "uniquenessError" };
    case "targetError":
      return isObject(data) ? { event: "targetError", target: stringOr(data["target"], "") } : undefined;
    case "limitError":
      return isObject(data) ? { event: "limitError", message: stringOr(data["message"], "") } : undefined;
    case "message":
      return isObject(data) ? parseMessage(data) : undefined;
    default:
      return undefined;
  }
}

function parseMessage(data: JsonObject): ServerFrame | undefined {
  const from = stringOr(data["from"], undefined);
  const payload = data["payload"];
  if (from === undefined || !isObject(payload)) return undefined;
  if (payload["action"] === "close") return { event: "close", peerId: from };
  if (payload["action"] !== "open") return { event: "peer", from, payload };
  const connections = Array.isArray(payload["connections"]) ? payload["connections"] : [];
  const named = connections.flatMap((one: unknown) => {
    const peerId = isObject(one) ? stringOr(one["peerId"], undefined) : undefined;
    return peerId === undefined ? [] : [peerId];
  });
  // A peer can imitate this message, but only in its own name: it may announce itself, nobody else.
  const peerIds = from === "all" ? named : named.filter((peerId) => peerId === from);
  return { event: "open", peerIds, polite: payload["bePolite"] === true };
}

/** Ready for `RTCPeerConnection`; entries without addresses are left out. */
export function parseIceServers(data: unknown): RTCIceServer[] {
  if (!Array.isArray(data)) return [];
  return data.slice(0, 16).flatMap((entry: unknown) => {
    if (!isObject(entry)) return [];
    const list = Array.isArray(entry["urls"]) ? entry["urls"] : [entry["urls"]];
    const urls = list.filter((url: unknown): url is string => typeof url === "string");
    if (urls.length === 0) return [];
    const server: RTCIceServer = { urls };
    if (typeof entry["username"] === "string") server.username = entry["username"];
    if (typeof entry["credential"] === "string") server.credential = entry["credential"];
    return [server];
  });
}
