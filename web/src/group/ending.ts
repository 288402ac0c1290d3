/** Why the stay in a room ended, in the app's own words. */
import type { PageError } from "../pages/error_page";

/** The names that LiveKit's client has for it. */
export type LeaveReason =
  | "CLIENT_INITIATED"
  | "DUPLICATE_IDENTITY"
  | "PARTICIPANT_REMOVED"
  | "ROOM_DELETED"
  | "ROOM_CLOSED"
  | "SERVER_SHUTDOWN";

/** `undefined`: the person left. */
export function endingOf(reason: string | undefined): PageError | undefined {
  switch (reason as LeaveReason | undefined) {
    case "CLIENT_INITIATED":
      return undefined;
    case "DUPLICATE_IDENTITY":
      return "replaced";
    case "PARTICIPANT_REMOVED":
    case "ROOM_DELETED":
    case "ROOM_CLOSED":
      return "removed";
    case "SERVER_SHUTDOWN":
      return "draining";
    default:
      return "unreachable";
  }
}
