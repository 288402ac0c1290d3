import { describe, expect, it } from "vitest";
import { MAX_CHAT_CHARS } from "../chat/conversation";
import { type ControlMessage, encodeControl, parseControl, parsePeerState } from "./control";

const state = {
  name: "Anna",
  microphone: "muted",
  camera: true,
  screen: false,
  hidden: false,
  candidate: "relay",
} as const;

describe("control messages", () => {
  const messages: ControlMessage[] = [
    { kind: "state", state },
    { kind: "pulse" },
    { kind: "bye" },
    { kind: "chat", id: "1", text: "안녕" },
    { kind: "file-offer", id: "1", name: "a.txt", size: 0, type: "" },
    { kind: "file-accept", id: "1" },
    { kind: "file-end", id: "1", reason: "done" },
  ];
  it.each(messages)("survive the way: $kind", (message) => {
    expect(parseControl(encodeControl(message))).toEqual(message);
  });

  it.each([
    "",
    "[]",
    '{"kind":"unheard"}',
    '{"kind":"chat","id":"1"}',
    '{"kind":"chat","text":"x"}',
    JSON.stringify({ kind: "chat", id: "1", text: "x".repeat(MAX_CHAT_CHARS + 1) }),
    '{"kind":"file-offer","id":"1","name":"a","size":-1}',
    '{"kind":"file-offer","id":"1","name":"a","size":1e300}',
    '{"kind":"file-offer","id":"1","name":"","size":1}',
    '{"kind":"file-accept"}',
    `{"kind":"file-accept","id":"${"x".repeat(65)}"}`,
    " ".repeat(40_000),
  ])("are refused when they are wrong: %.60s", (text) => expect(parseControl(text)).toBeUndefined());

  it("fill in what a state does not say", () => {
    expect(
      parsePeerState({ microphone: "loud", camera: "yes", name: 7, candidate: "carrier pigeon" }),
    ).toEqual({
      name: "",
      microphone: "none",
      camera: false,
      screen: false,
      hidden: false,
      candidate: undefined,
    });
  });
});
