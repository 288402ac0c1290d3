/** Collects one file as it arrives: never more than was announced, and only whole when its SHA-256 agrees. */
import { parseObject } from "../json";
import type { Digest } from "./digest";

/** Small pieces are put together into blobs, which browsers keep outside the page's memory. */
const FOLD_BYTES = 8 * 1024 * 1024;

export type IncomingStep = { step: "more" } | { step: "corrupt" } | { step: "whole"; blob: Blob };

export class IncomingFile {
  readonly #sizeBytes: number;
  readonly #type: string;
  readonly #digest: Digest;
  #blobs: Blob[] = [];
  #pieces: ArrayBuffer[] = [];
  #piecesBytes = 0;
  #received = 0;

  constructor(sizeBytes: number, type: string, digest: Digest) {
    this.#sizeBytes = sizeBytes;
    this.#type = type;
    this.#digest = digest;
  }

  get receivedBytes(): number {
    return this.#received;
  }

  handle(data: unknown): IncomingStep {
    if (data instanceof ArrayBuffer) return this.#handlePiece(data);
    const end = typeof data === "string" ? parseObject(data) : undefined;
    const whole = this.#received === this.#sizeBytes && end?.["sha256"] === this.#digest.hex();
    if (!whole) return { step: "corrupt" };
    this.#fold();
    return { step: "whole", blob: new Blob(this.#blobs, { type: this.#type }) };
  }

  #handlePiece(piece: ArrayBuffer): IncomingStep {
    this.#received += piece.byteLength;
    if (this.#received > this.#sizeBytes) return { step: "corrupt" };
    this.#digest.update(new Uint8Array(piece));
    this.#pieces.push(piece);
    this.#piecesBytes += piece.byteLength;
    if (this.#piecesBytes >= FOLD_BYTES) this.#fold();
    return { step: "more" };
  }

  #fold(): void {
    this.#blobs.push(new Blob(this.#pieces));
    this.#pieces = [];
    this.#piecesBytes = 0;
  }
}
