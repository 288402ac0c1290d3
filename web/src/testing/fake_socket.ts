import type { OpenSocket, SocketHandlers } from "../signaling/socket";

/** One socket that the code under test has opened; the test plays the door. */
export class FakeSocket {
  readonly sent: { type?: string; event?: string; data?: unknown; token?: string }[] = [];
  closed = false;
  readonly handlers: SocketHandlers;
  readonly url: string;

  constructor(url: string, handlers: SocketHandlers) {
    this.url = url;
    this.handlers = handlers;
  }

  tell(event: string, data: unknown = {}): void {
    if (!this.closed) this.handlers.received(JSON.stringify({ event, data }));
  }

  /** Opens it and accepts the token. */
  accept(): void {
    this.handlers.opened();
    this.tell("authenticated");
  }

  break(code = 1006): void {
    if (!this.closed) this.handlers.closed(code);
  }

  last(event: string): unknown {
    return this.sent.findLast((frame) => frame.event === event)?.data;
  }
}

export function fakeSockets(): { sockets: FakeSocket[]; open: OpenSocket } {
  const sockets: FakeSocket[] = [];
  const open: OpenSocket = (url, _protocol, handlers) => {
    const socket = new FakeSocket(url, handlers);
    sockets.push(socket);
    return {
      send: (text) => void socket.sent.push(JSON.parse(text)),
      close: () => {
        socket.closed = true;
      },
    };
  };
  return { sockets, open };
}
