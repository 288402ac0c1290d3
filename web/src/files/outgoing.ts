/** Sends one file over its own data channel, no faster than the channel drains, and its SHA-256 at the end. */
import type { Digest } from "./digest";

/** The part of RTCDataChannel that is used, so that tests can stand in for it. */
export type SendChannel = Pick<
  RTCDataChannel,
  | "bufferedAmount"
  | "bufferedAmountLowThreshold"
  | "readyState"
  | "addEventListener"
  | "removeEventListener"
  | "close"
> & { send(data: string | ArrayBuffer | Uint8Array<ArrayBuffer>): void };

const READ_BYTES = 1024 * 1024;
const MAX_CHUNK_BYTES = 64 * 1024;
const HIGH_WATER_BYTES = 1024 * 1024;
const LOW_WATER_BYTES = 256 * 1024;

export interface SendOptions {
  file: Blob;
  channel: SendChannel;
  digest: Digest;
  maxMessageBytes: number;
  progress(sentBytes: number): void;
  signal: AbortSignal;
}

/** Resolves when everything was handed to the channel; rejects when it is aborted, or the channel or the file fails. */
export async function sendFile(options: SendOptions): Promise<void> {
  const { file, channel, digest, signal } = options;
  const chunkBytes = Math.min(MAX_CHUNK_BYTES, options.maxMessageBytes || MAX_CHUNK_BYTES);
  channel.bufferedAmountLowThreshold = LOW_WATER_BYTES;
  await channelEvent(channel, "open", () => channel.readyState !== "connecting", signal);
  for (let offset = 0; offset < file.size; offset += READ_BYTES) {
    const bytes = new Uint8Array(await file.slice(offset, offset + READ_BYTES).arrayBuffer());
    digest.update(bytes);
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      await channelEvent(
        channel,
        "bufferedamountlow",
        () => channel.bufferedAmount < HIGH_WATER_BYTES,
        signal,
      );
      channel.send(bytes.subarray(start, start + chunkBytes));
      options.progress(Math.max(0, offset + start + chunkBytes - channel.bufferedAmount));
    }
  }
  channel.send(JSON.stringify({ sha256: digest.hex() }));
}

/** Waits for the event unless it is already true; rejects when the channel closes first. */
function channelEvent(
  channel: SendChannel,
  name: "open" | "bufferedamountlow",
  already: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted || channel.readyState === "closed" || channel.readyState === "closing") {
    return Promise.reject(new Error("the channel is closed"));
  }
  if (already()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const settle = (finish: () => void) => () => {
      over.abort();
      finish();
    };
    channel.addEventListener(name, settle(resolve), { signal: over.signal });
    channel.addEventListener(
      "close",
      settle(() => reject(new Error("the channel was closed"))),
      { signal: over.signal },
    );
    signal.addEventListener(
      "abort",
      settle(() => reject(new Error("cancelled"))),
      { signal: over.signal },
    );
  });
}
