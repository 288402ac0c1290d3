/** One file on its way, as both pages show it. */

/** What one transfer may weigh: it is held by the receiving browser until it is saved. */
export const MAX_FILE_BYTES = 1024 * 1024 * 1024;
/** Offers that wait or run at the same time, from the other side. */
export const MAX_OPEN_OFFERS = 8;
export const CHANNEL_PREFIX = "file:";

export type TransferState = "offered" | "sending" | "receiving" | "done" | "failed";
export type FailReason =
  | "declined"
  | "cancelled"
  | "interrupted"
  | "tooLarge"
  | "tooMany"
  | "corrupt"
  | "unreadable";

const REASONS: readonly FailReason[] = [
  "declined",
  "cancelled",
  "interrupted",
  "tooLarge",
  "tooMany",
  "corrupt",
  "unreadable",
];

export interface Transfer {
  readonly id: string;
  readonly from: "local" | "remote";
  readonly name: string;
  readonly type: string;
  readonly sizeBytes: number;
  readonly state: TransferState;
  readonly doneBytes: number;
  readonly reason?: FailReason;
  /** A `blob:` address of the whole file; only on the receiving side, when done. */
  readonly url?: string;
  /** Wall clock, for the order in the conversation. */
  readonly at: number;
}

export function isOver(transfer: Transfer): boolean {
  return transfer.state === "done" || transfer.state === "failed";
}

export function failReason(value: string): FailReason {
  return REASONS.find((reason) => reason === value) ?? "interrupted";
}

/** A name that shows what it is and names no folder: no separators, no control or direction-changing characters. */
export function safeName(name: string): string {
  const clean = name
    .replace(/[\p{Cc}\p{Cf}]/gu, "")
    .replace(/[\\/:*?"<>|]/g, "_")
    .replace(/^\.+/, "")
    .trim();
  return clean.slice(0, 200) || "file";
}
