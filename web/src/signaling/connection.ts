/** One WebSocket to the door, from opening to the end. It never reconnects: the session makes a new one. */
import type { Clock } from "../clock";
import { parseFrame, type ServerFrame, SUBPROTOCOL } from "./frames";
import type { OpenSocket, Socket } from "./socket";

/** Why a connection ended. `refused`: the token is no longer good. */
export type ConnectionEnd = "closed" | "timeout" | "refused" | "replaced" | "taken";

/** The door's close codes, for where its last frame did not arrive. */
const END_BY_CODE: Readonly<Record<number, ConnectionEnd>> = {
  4401: "refused",
  4409: "taken",
  4410: "replaced",
};

export interface ConnectionOptions {
  url: string;
  token: string;
  timeoutMs: number;
  clock: Clock;
  openSocket: OpenSocket;
  authenticated(): void;
  frame(frame: ServerFrame): void;
  ended(reason: ConnectionEnd): void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #cancelTimeout: () => void;
  #authenticated = false;
  #over = false;
  #silent = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#cancelTimeout = options.clock.after(options.timeoutMs, () => this.#end("timeout"));
    this.#socket = options.openSocket(options.url, SUBPROTOCOL, {
      opened: () => this.#socket.send(JSON.stringify({ type: "auth", token: options.token })),
      received: (text) => this.#handleText(text),
      closed: (code) => this.#end(END_BY_CODE[code] ?? "closed"),
    });
  }

  get authenticated(): boolean {
    return this.#authenticated && !this.#over;
  }

  send(event: string, data: unknown): void {
    if (!this.#over) this.#socket.send(JSON.stringify({ event, data }));
  }

  /** Leaves it open and stops listening to it. */
  silence(): void {
    this.#silent = true;
    this.#cancelTimeout();
  }

  /** Ends it from our side: nothing is reported any more. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTimeout();
    this.#socket.close();
  }

  #handleText(text: unknown): void {
    const frame = parseFrame(text);
    if (!frame || this.#over || this.#silent) return;
    switch (frame.event) {
      case "authenticated":
        this.#authenticated = true;
        this.#cancelTimeout();
        this.#options.authenticated();
        return;
      case "refused":
        return this.#end("refused");
      case "busy":
        return this.#end("closed");
      case "replaced":
        return this.#end("replaced");
      case "uniquenessError":
        return this.#end("taken");
      default:
        this.#options.frame(frame);
    }
  }

  #end(reason: ConnectionEnd): void {
    if (this.#over) return;
    this.close();
    if (!this.#silent) this.#options.ended(reason);
  }
}
