/** What is said aloud in rooms of either kind: this person's microphone, and messages while the chat is closed. */
import { createEffect, createMemo, on } from "solid-js";
import type { ChatMessage } from "../chat/conversation";
import { t } from "../i18n/language";
import { announce } from "../ui/announcer";
import type { Meeting } from "./meeting";

/** Runs for each change, not for the value at the start. */
export function onChange<Value>(value: () => Value, run: (now: Value, before: Value) => void): void {
  const memo = createMemo(value);
  createEffect(on(memo, (now, before) => run(now, before as Value), { defer: true }));
}

/** Something for the chat's reader: said and counted while the chat is closed. */
export function announceMissed(meeting: Meeting, text: string): void {
  if (meeting.panel() === "chat") return;
  meeting.missed();
  announce(text);
}

export function announceMeeting(
  meeting: Meeting,
  messages: () => readonly ChatMessage[],
  authorOf: (message: ChatMessage) => string,
): void {
  onChange(
    () => meeting.view.microphone(),
    (now) => announce(now === "on" ? t().announce.unmuted : t().announce.muted, "assertive"),
  );
  onChange(
    () => messages().findLast((message) => message.from === "remote"),
    (message) => {
      if (message) announceMissed(meeting, t().announce.message(authorOf(message), message.text));
    },
  );
}
