/** All files of a call: offers, acceptance, transfer, cancelling. Bounded, and honest about why something failed. */

import type { Clock } from "../clock";
import type { ControlMessage } from "../direct/control";
import { Emitter } from "../emitter";
import { createDigest } from "./digest";
import { IncomingFile } from "./incoming";
import { type SendChannel, sendFile } from "./outgoing";
import {
  CHANNEL_PREFIX,
  type FailReason,
  failReason,
  isOver,
  MAX_FILE_BYTES,
  MAX_OPEN_OFFERS,
  safeName,
  type Transfer,
} from "./transfer";

const MAX_ROWS = 100;
/** A channel may close before the message that says why has come on the other one. */
const REASON_WAIT_MS = 1000;
/** A row is redrawn for each such step of progress, not for each chunk. */
const PROGRESS_STEPS = 200;

export interface TransfersOptions {
  /** False when the other page cannot be reached now. */
  send(message: ControlMessage): boolean;
  openChannel(label: string): SendChannel | undefined;
  maxMessageBytes(): number;
  newId(): string;
  wallClock(): number;
  clock: Clock;
}

export interface TransfersEvents {
  changed: readonly Transfer[];
}

export class Transfers {
  readonly events = new Emitter<TransfersEvents>();
  readonly #options: TransfersOptions;
  #rows: readonly Transfer[] = [];
  readonly #files = new Map<string, Blob>();
  readonly #running = new Map<string, AbortController>();

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  get rows(): readonly Transfer[] {
    return this.#rows;
  }

  offer(file: File): void {
    const row = this.#newRow("local", this.#options.newId(), file.name, file.type, file.size);
    if (file.size > MAX_FILE_BYTES) return this.#add({ ...row, state: "failed", reason: "tooLarge" });
    const sent = this.#options.send({
      kind: "file-offer",
      id: row.id,
      name: row.name,
      size: file.size,
      type: file.type,
    });
    if (!sent) return this.#add({ ...row, state: "failed", reason: "interrupted" });
    this.#files.set(row.id, file);
    this.#add(row);
  }

  accept(id: string): void {
    const row = this.#find(id);
    if (row?.from !== "remote" || row.state !== "offered") return;
    this.#update(id, { state: "receiving" });
    if (!this.#options.send({ kind: "file-accept", id })) this.#fail(id, "interrupted");
  }

  decline(id: string): void {
    this.#endBoth(id, "declined");
  }

  cancel(id: string): void {
    this.#endBoth(id, "cancelled");
  }

  handleMessage(message: ControlMessage): void {
    if (message.kind === "file-offer") this.#handleOffer(message);
    else if (message.kind === "file-accept") void this.#startSending(message.id);
    else if (message.kind === "file-end") this.#handleEnd(message.id, message.reason);
  }

  /** A data channel that the other side has opened for a file which was accepted here. */
  async handleChannel(channel: RTCDataChannel): Promise<void> {
    const row = this.#find(channel.label.slice(CHANNEL_PREFIX.length));
    if (
      !channel.label.startsWith(CHANNEL_PREFIX) ||
      row?.state !== "receiving" ||
      this.#running.has(row.id)
    ) {
      return channel.close();
    }
    channel.binaryType = "arraybuffer";
    const early: unknown[] = [];
    let sink = (data: unknown): void => void early.push(data);
    channel.addEventListener("message", (event: MessageEvent<unknown>) => sink(event.data));
    channel.addEventListener("close", () => this.#failWithoutReason(row.id));
    this.#running.set(
      row.id,
      abortThat(() => channel.close()),
    );
    const incoming = new IncomingFile(row.sizeBytes, row.type, await createDigest());
    sink = (data) => this.#receive(row.id, incoming, data);
    early.forEach(sink);
  }

  /** The connection is gone: what was on its way will not arrive. */
  handleDisconnected(): void {
    for (const row of this.#rows) if (!isOver(row)) this.#fail(row.id, "interrupted");
  }

  close(): void {
    this.handleDisconnected();
    this.events.clear();
    for (const row of this.#rows) if (row.url) URL.revokeObjectURL(row.url);
  }

  #handleOffer(offer: Extract<ControlMessage, { kind: "file-offer" }>): void {
    if (this.#find(offer.id)) return;
    const open = this.#rows.filter((row) => row.from === "remote" && !isOver(row)).length;
    const refusal: FailReason | undefined =
      offer.size > MAX_FILE_BYTES ? "tooLarge" : open >= MAX_OPEN_OFFERS ? "tooMany" : undefined;
    if (refusal) this.#options.send({ kind: "file-end", id: offer.id, reason: refusal });
    if (refusal === "tooMany") return;
    const row = this.#newRow("remote", offer.id, offer.name, offer.type, offer.size);
    this.#add(refusal ? { ...row, state: "failed", reason: refusal } : row);
  }

  async #startSending(id: string): Promise<void> {
    const row = this.#find(id);
    const file = this.#files.get(id);
    if (!file || row?.from !== "local" || row.state !== "offered") return;
    const channel = this.#options.openChannel(CHANNEL_PREFIX + id);
    if (!channel) return this.#fail(id, "interrupted");
    const running = new AbortController();
    this.#running.set(id, running);
    running.signal.addEventListener("abort", () => channel.close());
    this.#update(id, { state: "sending" });
    try {
      const digest = await createDigest();
      const progress = (bytes: number): void => this.#progress(id, bytes);
      const maxMessageBytes = this.#options.maxMessageBytes();
      await sendFile({ file, channel, digest, maxMessageBytes, progress, signal: running.signal });
    } catch (error) {
      if (running.signal.aborted) return;
      if (error instanceof DOMException) this.#endBoth(id, "unreadable");
      else this.#failWithoutReason(id);
    }
  }

  #failWithoutReason(id: string): void {
    this.#options.clock.after(REASON_WAIT_MS, () => this.#endBoth(id, "interrupted"));
  }

  #receive(id: string, incoming: IncomingFile, data: unknown): void {
    if (this.#find(id)?.state !== "receiving") return;
    const result = incoming.handle(data);
    if (result.step === "more") return this.#progress(id, incoming.receivedBytes);
    if (result.step === "corrupt") return this.#endBoth(id, "corrupt");
    this.#update(id, {
      state: "done",
      doneBytes: incoming.receivedBytes,
      url: URL.createObjectURL(result.blob),
    });
    this.#options.send({ kind: "file-end", id, reason: "done" });
  }

  #handleEnd(id: string, reason: string): void {
    const row = this.#find(id);
    if (!row || isOver(row)) return;
    // Only the receiver knows that it is whole.
    if (reason === "done" && row.state === "sending") {
      this.#update(id, { state: "done", doneBytes: row.sizeBytes });
      this.#release(id);
    } else this.#fail(id, failReason(reason));
  }

  #endBoth(id: string, reason: FailReason): void {
    const row = this.#find(id);
    if (!row || isOver(row)) return;
    this.#options.send({ kind: "file-end", id, reason });
    this.#fail(id, reason);
  }

  #fail(id: string, reason: FailReason): void {
    const row = this.#find(id);
    if (!row || isOver(row)) return;
    this.#update(id, { state: "failed", reason });
    this.#release(id);
  }

  #release(id: string): void {
    this.#files.delete(id);
    this.#running.get(id)?.abort();
    this.#running.delete(id);
  }

  #progress(id: string, bytes: number): void {
    const row = this.#find(id);
    if (!row || isOver(row)) return;
    const step = Math.max(1, row.sizeBytes / PROGRESS_STEPS);
    if (bytes - row.doneBytes >= step) this.#update(id, { doneBytes: Math.min(bytes, row.sizeBytes) });
  }

  #newRow(from: Transfer["from"], id: string, name: string, type: string, sizeBytes: number): Transfer {
    return {
      id,
      from,
      name: safeName(name),
      type,
      sizeBytes,
      state: "offered",
      doneBytes: 0,
      at: this.#options.wallClock(),
    };
  }

  #add(row: Transfer): void {
    const rows = [...this.#rows, row];
    const oldest = rows.length > MAX_ROWS ? rows.find(isOver) : undefined;
    if (oldest?.url) URL.revokeObjectURL(oldest.url);
    this.#set(rows.filter((one) => one !== oldest));
  }

  #update(id: string, change: Partial<Transfer>): void {
    this.#set(this.#rows.map((row) => (row.id === id ? { ...row, ...change } : row)));
  }

  #set(rows: readonly Transfer[]): void {
    this.#rows = rows;
    this.events.emit("changed", rows);
  }

  #find(id: string): Transfer | undefined {
    return this.#rows.find((row) => row.id === id);
  }
}

function abortThat(run: () => void): AbortController {
  const controller = new AbortController();
  controller.signal.addEventListener("abort", run);
  return controller;
}
