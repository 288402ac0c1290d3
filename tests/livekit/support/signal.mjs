// The signaling protocol by hand, for what no client does: raw frames with the messages of @livekit/protocol.
import { once } from 'node:events';
import { JoinRequest, SignalRequest, SignalResponse, WrappedJoinRequest } from '@livekit/protocol';
import WebSocket from 'ws';

/** The base64url text that `join_request` wants. */
export async function joinRequest(fields) {
  const inner = new JoinRequest({ clientInfo: { sdk: 1, protocol: 16 }, connectionSettings: { autoSubscribe: true }, ...fields });
  return Buffer.from(new WrappedJoinRequest({ joinRequest: inner.toBinary() }).toBinary()).toString('base64url');
}

export class Signal {
  #arrived = [];
  #waiting = [];

  constructor(socket) {
    this.socket = socket;
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data) => this.#take(SignalResponse.fromBinary(data).message));
    socket.on('error', () => {});
  }

  #take(message) {
    const index = this.#waiting.findIndex(({ name }) => name === message.case);
    if (index < 0) this.#arrived.push(message);
    else this.#waiting.splice(index, 1)[0].resolve(message.value);
  }

  /** The next message of this kind; those that came before are kept. */
  next(name, within = 5000) {
    const index = this.#arrived.findIndex((message) => message.case === name);
    if (index >= 0) return Promise.resolve(this.#arrived.splice(index, 1)[0].value);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no ${name} came; instead: ${this.#arrived.map((one) => one.case).join(', ')}`)), within);
      this.#waiting.push({ name, resolve: (value) => (clearTimeout(late), resolve(value)) });
    });
  }

  send(message) {
    this.socket.send(new SignalRequest({ message }).toBinary());
  }

  close() {
    this.socket.close();
  }

  /** As when the network is gone. */
  terminate() {
    this.socket.terminate();
  }
}

/** Opens it, or says with which status it was refused. @param {string} url @param {Record<string, string>} [headers] */
export async function openSignal(url, headers = {}) {
  const socket = new WebSocket(url, { headers });
  const signal = new Signal(socket);
  socket.on('unexpected-response', (_, response) => socket.emit('refused', response.statusCode));
  const [status] = await Promise.race([once(socket, 'open').then(() => [0]), once(socket, 'refused')]);
  if (status) throw new Error(`refused with ${status}`);
  return signal;
}
