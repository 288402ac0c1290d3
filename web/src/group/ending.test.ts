import { DisconnectReason } from "livekit-client";
import { describe, expect, it } from "vitest";
import { endingOf, refusalOf } from "./ending";

const name = (reason: DisconnectReason): string => DisconnectReason[reason] ?? "";

describe("the end of a stay", () => {
  it.each([
    [DisconnectReason.CLIENT_INITIATED, undefined],
    [DisconnectReason.DUPLICATE_IDENTITY, "replaced"],
    [DisconnectReason.PARTICIPANT_REMOVED, "removed"],
    [DisconnectReason.ROOM_DELETED, "closed"],
    [DisconnectReason.ROOM_CLOSED, "closed"],
    [DisconnectReason.SERVER_SHUTDOWN, "draining"],
    [DisconnectReason.SIGNAL_CLOSE, "unreachable"],
    [DisconnectReason.JOIN_FAILURE, "roomFull"],
  ])("%i is %s", (reason, error) => expect(endingOf(name(reason))).toBe(error));

  it("of which nothing is known was the network's", () => expect(endingOf(undefined)).toBe("unreachable"));
});

describe("a stay that does not begin", () => {
  it.each([
    [401, "invalid token", "refused"],
    [404, "requested room does not exist", "closed"],
    [500, "the room is full", "roomFull"],
    [500, "something else", "unreachable"],
    [503, "no more connections", "draining"],
    [200, "success", "unreachable"],
  ])("with %i, %s, is %s", (status, sentence, error) => expect(refusalOf(status, sentence)).toBe(error));
});
