/** The stay in a group room as signals, for its page. Begins and ends with the component that makes it. */
import { createSignal, onCleanup } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import type { ChatMessage } from "../chat/conversation";
import type { LocalMedia } from "../media/local_media";
import { choices } from "../media/remembered";
import { keepAwake } from "../meeting/awake";
import type { PageError } from "../pages/error_page";
import type { GroupPerson, Line } from "./people";
import { type GroupEvents, GroupSession, type GroupSnapshot, type GroupState } from "./session";

export interface GroupModelOptions {
  /** The server's address, for LiveKit's client. */
  url: string;
  /** A token that holds now, with the name of now. */
  token(): Promise<string | undefined>;
  media: LocalMedia;
  ended(error: PageError): void;
}

export interface GroupModel {
  state(): GroupState;
  /** Kept object by object, so that a video stays where it is while its person's microphone changes. */
  others: readonly GroupPerson[];
  speaking(): boolean;
  line(): Line;
  silenced(): boolean;
  messages(): readonly ChatMessage[];
  refused(): readonly GroupEvents["refused"][];
  forgetRefused(): void;
  say(text: string): boolean;
  startSound(): void;
  chooseSpeaker(id: string): void;
  leave(): void;
  onComing(joined: (name: string) => void, left: (name: string) => void): void;
}

type Session = GroupSession | undefined;

export function createGroupModel(options: GroupModelOptions): GroupModel {
  const [state, setState] = createSignal<GroupState>("connecting");
  const [others, setOthers] = createStore<GroupPerson[]>([]);
  const [speaking, setSpeaking] = createSignal(false);
  const [line, setLine] = createSignal<Line>("good");
  const [silenced, setSilenced] = createSignal(false);
  const [messages, setMessages] = createSignal<readonly ChatMessage[]>([]);
  const [refused, setRefused] = createSignal<readonly GroupEvents["refused"][]>([]);
  const coming: { joined(name: string): void; left(name: string): void }[] = [];
  const over = new AbortController();
  let session: Session;

  const show = (snapshot: GroupSnapshot): void => {
    setState(snapshot.state);
    setOthers(reconcile([...snapshot.others], { key: "id" }));
    setSpeaking(snapshot.speaking);
    setLine(snapshot.line);
    setSilenced(snapshot.silenced);
  };
  const listen = (to: GroupSession): void => {
    to.events.on("changed", show);
    to.events.on("ended", options.ended);
    to.events.on("refused", (source) => setRefused([...new Set([...refused(), source])]));
    to.events.on("joined", ({ name }) => coming.forEach((one) => void one.joined(name)));
    to.events.on("left", ({ name }) => coming.forEach((one) => void one.left(name)));
    to.conversation.events.on("changed", setMessages);
  };
  const enter = async (): Promise<void> => {
    const [kit, token] = await Promise.all([
      import("livekit-client").catch(() => undefined),
      options.token(),
    ]);
    if (over.signal.aborted) return;
    if (!kit || token === undefined) return options.ended("unreachable");
    // The addresses it would tell have tokens in them.
    kit.setLogLevel("warn");
    session = new GroupSession(kit, options.media);
    listen(session);
    if (choices().speakerId !== "") session.chooseSpeaker(choices().speakerId);
    await session.enter(options.url, token);
  };
  const leave = (): void => {
    over.abort();
    session?.leave();
    session?.events.clear();
  };

  // A machine without any network knows it long before the client does.
  const [offline, setOffline] = createSignal(!navigator.onLine);
  const watchNetwork = (): void => void setOffline(!navigator.onLine);
  for (const event of ["online", "offline"]) {
    window.addEventListener(event, watchNetwork, { signal: over.signal });
  }

  keepAwake(over.signal);
  comeBackAfterSleep(over.signal);
  onCleanup(leave);
  void enter();
  return {
    state: () => (offline() && state() === "connected" ? "reconnecting" : state()),
    others,
    speaking,
    line,
    silenced,
    messages,
    refused,
    forgetRefused: () => setRefused([]),
    say: (text) => session?.conversation.say(text, Date.now()) ?? false,
    startSound: () => void session?.startSound(),
    chooseSpeaker: (id) => session?.chooseSpeaker(id),
    leave,
    onComing: (joined, left) => void coming.push({ joined, left }),
  };
}

/** The client leaves when the browser puts the page away; a page that is taken out again comes back as the same person. */
function comeBackAfterSleep(signal: AbortSignal): void {
  window.addEventListener("pageshow", (event) => event.persisted && location.reload(), { signal });
  document.addEventListener("resume", () => location.reload(), { signal });
}
