/**
 * The link to one other page, over signaling that may lose messages when a connection dies: messages are numbered, kept until
 * acknowledged, and sent again after the two pages have greeted each other anew.
 *
 * Each page has an instance id, new with each load (and each time it gives a peer connection up). The pair of instance ids names
 * one peer connection; what was meant for another pair is dropped.
 */
import { countOf, isObject, type JsonObject, stringOr } from "../json";

export const HELLO = "moim-hello";
export const SIGNAL = "moim-signal";
/** About twenty restarts' worth of candidates; past it the link gives up rather than grow. */
const OUTBOX_LIMIT = 500;

export interface Hello {
  instance: string;
  /** The instance the sender believes it is talking to; "" when it does not know yet. */
  to: string;
  /** The sender's role as the door told it when the two first met. */
  polite: boolean;
  /** How many messages of ours it has. */
  received: number;
  about: JsonObject;
}

export function parseHello(payload: JsonObject): Hello | undefined {
  const instance = stringOr(payload["instance"], "", 64);
  if (payload["action"] !== HELLO || instance === "") return undefined;
  return {
    instance,
    to: stringOr(payload["to"], "", 64),
    polite: payload["polite"] === true,
    received: countOf(payload["received"]) ?? 0,
    about: isObject(payload["about"]) ? payload["about"] : {},
  };
}

/**
 * Who yields when two offers cross. The door's word decides; where both pages were told the same (after reloads and
 * reconnects in quick succession), the instance ids do, and both come to the same answer.
 */
export function isPolite(
  mine: Pick<Hello, "instance" | "polite">,
  theirs: Pick<Hello, "instance" | "polite">,
): boolean {
  return mine.polite !== theirs.polite ? mine.polite : mine.instance < theirs.instance;
}

export class Link {
  readonly local: string;
  readonly remote: string;
  readonly #transmit: (payload: JsonObject) => void;
  #sent = 0;
  #received = 0;
  #outbox: { seq: number; body: JsonObject }[] = [];

  constructor(local: string, remote: string, transmit: (payload: JsonObject) => void) {
    this.local = local;
    this.remote = remote;
    this.#transmit = transmit;
  }

  get received(): number {
    return this.#received;
  }

  /** False when too much is unacknowledged: the pair has to start again. */
  send(body: JsonObject): boolean {
    if (this.#outbox.length >= OUTBOX_LIMIT) return false;
    const message = { seq: ++this.#sent, body };
    this.#outbox.push(message);
    this.#send(message);
    return true;
  }

  /** The other page says what it has: everything after that goes out again, in order. */
  handleHello(hello: Hello): void {
    this.#acknowledge(hello.received);
    for (const message of this.#outbox) this.#send(message);
  }

  /**
   * The body, when this is the next message of this pair. `gap`: one before it was lost on the way, so greet again to have
   * it repeated. `undefined` for repeats and for strangers.
   */
  handleSignal(payload: JsonObject): JsonObject | "gap" | undefined {
    if (payload["instance"] !== this.remote || payload["to"] !== this.local) return undefined;
    this.#acknowledge(countOf(payload["received"]) ?? 0);
    const seq = countOf(payload["seq"]) ?? 0;
    if (seq > this.#received + 1) return "gap";
    const body = payload["body"];
    if (seq !== this.#received + 1 || !isObject(body)) return undefined;
    this.#received += 1;
    return body;
  }

  #acknowledge(received: number): void {
    this.#outbox = this.#outbox.filter((message) => message.seq > received);
  }

  #send(message: { seq: number; body: JsonObject }): void {
    this.#transmit({
      action: SIGNAL,
      instance: this.local,
      to: this.remote,
      received: this.#received,
      seq: message.seq,
      body: message.body,
    });
  }
}
