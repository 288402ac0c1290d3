/** The little of a WebSocket that signaling needs, so that tests can stand in for it. */
export interface SocketHandlers {
  opened(): void;
  received(text: unknown): void;
  /** Once, whatever the reason; never after `close()` was called on our side. */
  closed(code: number): void;
}

export interface Socket {
  send(text: string): void;
  close(): void;
}

export type OpenSocket = (url: string, protocol: string, handlers: SocketHandlers) => Socket;

export const openWebSocket: OpenSocket = (url, protocol, handlers) => {
  const socket = new WebSocket(url, protocol);
  let ours = true;
  socket.onopen = () => ours && handlers.opened();
  socket.onmessage = (event: MessageEvent<unknown>) => ours && handlers.received(event.data);
  socket.onclose = (event) => ours && handlers.closed(event.code);
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => {
      ours = false;
      socket.close(1000);
    },
  };
};
