import { describe, expect, it } from "vitest";
import { Conversation, MAX_CHAT_CHARS } from "./conversation";
import { piecesOf } from "./links";

describe("a conversation", () => {
  const conversation = (sent: unknown[], works = true) =>
    new Conversation(
      (message) => {
        if (works) sent.push(message);
        return works;
      },
      () => String(sent.length),
    );

  it("keeps what was sent and what has come", () => {
    const sent: unknown[] = [];
    const talk = conversation(sent);
    expect(talk.say("  안녕\n", 1)).toBe(true);
    talk.handleChat("x", "hello", 2);
    expect(talk.messages.map(({ from, text }) => [from, text])).toEqual([
      ["local", "안녕"],
      ["remote", "hello"],
    ]);
    expect(sent).toEqual([{ kind: "chat", id: "0", text: "안녕" }]);
  });

  it.each(["", "  \n ", "x".repeat(MAX_CHAT_CHARS + 1)])("does not send nothing, or too much", (text) => {
    const sent: unknown[] = [];
    expect(conversation(sent).say(text, 0)).toBe(false);
    expect(sent).toEqual([]);
  });

  it("does not show as sent what could not be sent", () => {
    const talk = conversation([], false);
    expect(talk.say("hello", 0)).toBe(false);
    expect(talk.messages).toEqual([]);
  });

  it("does not grow without end", () => {
    const talk = conversation([]);
    for (let n = 0; n < 2000; n += 1) talk.handleChat(String(n), "x", n);
    expect(talk.messages).toHaveLength(500);
    expect(talk.messages.at(-1)?.id).toBe("1999");
  });
});

describe("links in a message", () => {
  it("end before the sentence's own marks", () => {
    expect(piecesOf("see https://a.example/x?y=1, (or http://b.example).")).toEqual([
      { kind: "text", text: "see " },
      { kind: "link", text: "https://a.example/x?y=1", href: "https://a.example/x?y=1" },
      { kind: "text", text: ", (or " },
      { kind: "link", text: "http://b.example", href: "http://b.example" },
      { kind: "text", text: ")." },
    ]);
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "http://", "no link"])("are not made of %s", (text) => {
    expect(piecesOf(text).every((piece) => piece.kind === "text")).toBe(true);
  });
});
