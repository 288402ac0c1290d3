/** The door over HTTP: a place in a room, and fresh ICE servers. */
import { isObject, parseObject, stringOr } from "../json";
import { parseIceServers } from "./frames";

export interface Place {
  room: string;
  peerId: string;
  token: string;
  /** Goes into the link for the other person; "" when the server is open to all. */
  invite: string;
}

export type JoinProblem =
  | "keyNeeded"
  | "keyWrong"
  | "keyExpired"
  | "badRoom"
  | "badRequest"
  | "tooMany"
  | "draining"
  | "unreachable";

export type JoinResult = { ok: true; place: Place } | { ok: false; problem: JoinProblem };

export interface JoinRequest {
  room: string;
  peerId?: string;
  key?: string;
  /** The token of before, for the same name: with it the new one may replace the old connection. */
  token?: string;
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;
const TIMEOUT_MS = 8000;
const KNOWN: readonly JoinProblem[] = [
  "keyNeeded",
  "keyWrong",
  "keyExpired",
  "badRoom",
  "tooMany",
  "draining",
];

/** A place for a call between two. */
export function join(request: JoinRequest, fetch: Fetch): Promise<JoinResult> {
  return askFor("/direct/join", request, "peerId", fetch);
}

export interface GroupJoinRequest {
  room: string;
  name?: string;
  key?: string;
  /** The token of before: with it this person comes back as the same participant. */
  token?: string;
}

/** A place in a room for many. The participant's identity is the place's `peerId`. */
export function joinGroup(request: GroupJoinRequest, fetch: Fetch): Promise<JoinResult> {
  return askFor("/livekit/join", request, "identity", fetch);
}

async function askFor(path: string, request: object, idField: string, fetch: Fetch): Promise<JoinResult> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch {
    return { ok: false, problem: "unreachable" };
  }
  const body = parseObject(text);
  if (!response.ok) return { ok: false, problem: problemOf(response.status, body?.["error"]) };
  const place = body && parsePlace(body, idField);
  return place ? { ok: true, place } : { ok: false, problem: "unreachable" };
}

function problemOf(status: number, error: unknown): JoinProblem {
  const known = KNOWN.find((problem) => problem === error);
  if (known) return known;
  if (status === 401) return "keyWrong";
  if (status === 429) return "tooMany";
  return status >= 500 ? "unreachable" : "badRequest";
}

function parsePlace(body: Record<string, unknown>, idField: string): Place | undefined {
  const room = stringOr(body["room"], undefined);
  const peerId = stringOr(body[idField], undefined);
  const token = stringOr(body["token"], undefined, 8000);
  if (room === undefined || peerId === undefined || token === undefined) return undefined;
  return { room, peerId, token, invite: stringOr(body["invite"], "", 8000) };
}

/** `undefined` when the door did not answer: keep what there is and ask again later. */
export async function freshIceServers(place: Place, fetch: Fetch): Promise<RTCIceServer[] | undefined> {
  try {
    const response = await fetch(`/direct/ice-servers?room=${encodeURIComponent(place.room)}`, {
      headers: { authorization: `Bearer ${place.token}` },
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) return undefined;
    const body: unknown = await response.json();
    const servers = parseIceServers(isObject(body) ? body["iceServers"] : body);
    return servers.length > 0 ? servers : undefined;
  } catch {
    return undefined;
  }
}

/** The door's WebSocket, beside the page. */
export function socketUrl(location: { protocol: string; host: string }, room: string): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/direct?room=${encodeURIComponent(room)}`;
}
