/** The running call as signals and commands, for the call page. Lives and ends with the component that makes it. */
import { createMemo, createSignal, onCleanup } from "solid-js";
import type { ChatMessage } from "../chat/conversation";
import { systemClock } from "../clock";
import type { Transfer } from "../files/transfer";
import type { LocalMedia } from "../media/local_media";
import { keepAwake } from "../meeting/awake";
import { newId } from "../pages/room_name";
import { freshIceServers, type Place, socketUrl } from "../signaling/door";
import { Session } from "../signaling/session";
import { openWebSocket } from "../signaling/socket";
import { EMPTY_HISTORY, type History } from "../stats/history";
import { Call, type CallSnapshot } from "./call";
import { watchNetwork } from "./network_watch";

export interface CallModelOptions {
  name: string;
  place: Place;
  currentPlace(): Place;
  media: LocalMedia;
  renew(): Promise<"renewed" | "later" | "never">;
  ended(reason: "replaced" | "refused"): void;
}

export interface CallModel {
  snapshot(): CallSnapshot;
  history(): History;
  messages(): readonly ChatMessage[];
  transfers(): readonly Transfer[];
  /** Whole seconds for which the connection has been broken. */
  brokenSeconds(): number;
  call: Call;
}

export function createCallModel(options: CallModelOptions): CallModel {
  const { place, media } = options;
  const session = new Session({
    url: socketUrl(location, place.room),
    peerId: place.peerId,
    token: () => options.currentPlace().token,
    renewToken: options.renew,
    clock: systemClock,
    openSocket: openWebSocket,
    random: Math.random,
  });
  const call = new Call({
    name: options.name,
    session,
    media,
    clock: systemClock,
    wallClock: () => Date.now(),
    newId,
    freshIceServers: async () => {
      const ask = () => freshIceServers(options.currentPlace(), (url, init) => fetch(url, init));
      // In a long call the token itself may have run out.
      return (await ask()) ?? ((await options.renew()) === "renewed" ? ask() : undefined);
    },
    createConnection: (configuration) => new RTCPeerConnection(configuration),
  });

  const [snapshot, setSnapshot] = createSignal(call.snapshot);
  const [history, setHistory] = createSignal<History>(EMPTY_HISTORY);
  const [messages, setMessages] = createSignal<readonly ChatMessage[]>([]);
  const [transfers, setTransfers] = createSignal<readonly Transfer[]>([]);
  call.events.on("changed", setSnapshot);
  call.events.on("history", setHistory);
  call.events.on("ended", options.ended);
  call.conversation.events.on("changed", setMessages);
  call.transfers.events.on("changed", setTransfers);
  watchPage(call);
  call.start();
  return { snapshot, history, messages, transfers, brokenSeconds: brokenSeconds(snapshot), call };
}

function watchPage(call: Call): void {
  const over = new AbortController();
  const { signal } = over;
  watchNetwork(() => call.handleNetworkChange(), signal);
  document.addEventListener("visibilitychange", () => call.handleHidden(document.hidden), { signal });
  window.addEventListener("pagehide", () => call.leave(), { signal });
  // A page that comes back from the browser's cache has said goodbye: it starts again as the same person.
  window.addEventListener("pageshow", (event) => event.persisted && location.reload(), { signal });
  keepAwake(signal);
  onCleanup(() => {
    over.abort();
    call.leave();
  });
}

function brokenSeconds(snapshot: () => CallSnapshot): () => number {
  const [now, setNow] = createSignal(systemClock.now());
  const timer = setInterval(() => setNow(systemClock.now()), 500);
  onCleanup(() => clearInterval(timer));
  return createMemo(() => {
    const since = snapshot().status.since;
    return since === undefined ? 0 : Math.max(0, Math.round((now() - since) / 1000));
  });
}
