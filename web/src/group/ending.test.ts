import { DisconnectReason } from "livekit-client";
import { describe, expect, it } from "vitest";
import { endingOf } from "./ending";

const name = (reason: DisconnectReason): string => DisconnectReason[reason] ?? "";

describe("the end of a stay", () => {
  it.each([
    [DisconnectReason.CLIENT_INITIATED, undefined],
    [DisconnectReason.DUPLICATE_IDENTITY, "replaced"],
    [DisconnectReason.PARTICIPANT_REMOVED, "removed"],
    [DisconnectReason.ROOM_DELETED, "removed"],
    [DisconnectReason.ROOM_CLOSED, "removed"],
    [DisconnectReason.SERVER_SHUTDOWN, "draining"],
    [DisconnectReason.SIGNAL_CLOSE, "unreachable"],
    [DisconnectReason.JOIN_FAILURE, "unreachable"],
  ])("%i is %s", (reason, error) => expect(endingOf(name(reason))).toBe(error));

  it("of which nothing is known was the network's", () => expect(endingOf(undefined)).toBe("unreachable"));
});
