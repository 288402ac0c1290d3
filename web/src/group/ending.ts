/** Why the stay in a room ended or did not begin, in the app's own words. */
import type { PageError } from "../pages/error_page";

/** The names that LiveKit's client has for it. */
export type LeaveReason =
  | "CLIENT_INITIATED"
  | "DUPLICATE_IDENTITY"
  | "PARTICIPANT_REMOVED"
  | "ROOM_DELETED"
  | "ROOM_CLOSED"
  | "JOIN_FAILURE"
  | "SERVER_SHUTDOWN";

/** `undefined`: this page left. */
export function endingOf(reason: string | undefined): PageError | undefined {
  switch (reason as LeaveReason | undefined) {
    case "CLIENT_INITIATED":
      return undefined;
    case "DUPLICATE_IDENTITY":
      return "replaced";
    case "PARTICIPANT_REMOVED":
      return "removed";
    case "ROOM_DELETED":
    case "ROOM_CLOSED":
      return "closed";
    // The door says so in one case alone: docs/livekit.md, "Coming in".
    case "JOIN_FAILURE":
      return "roomFull";
    case "SERVER_SHUTDOWN":
      return "draining";
    default:
      return "unreachable";
  }
}

/** What the door answers when it is asked whether this token would be let in: docs/livekit.md, "Coming in". */
export function refusalOf(status: number, sentence: string): PageError {
  switch (status) {
    case 401:
    case 403:
      return "refused";
    case 404:
      return "closed";
    case 500:
      return sentence.includes("full") ? "roomFull" : "unreachable";
    case 503:
      return "draining";
    default:
      return "unreachable";
  }
}
