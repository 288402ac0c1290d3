/** The chat of a group room: texts as LiveKit's own apps send them. */
import type * as livekit from "livekit-client";
import { Conversation, MAX_CHAT_CHARS } from "../chat/conversation";
import { newId } from "../pages/room_name";

const TOPIC = "lk.chat";

/** `connected`: whether a message would get anywhere now. */
export function groupChat(room: livekit.Room, connected: () => boolean): Conversation {
  const write = (text: string): boolean => {
    if (!connected()) return false;
    void room.localParticipant.sendText(text, { topic: TOPIC }).catch(() => undefined);
    return true;
  };
  const conversation = new Conversation(({ text }) => write(text), newId);
  const read = async (reader: livekit.TextStreamReader, identity: string): Promise<void> => {
    const from = room.getParticipantByIdentity(identity);
    if (!from) return;
    try {
      const text = await firstChars(reader, MAX_CHAT_CHARS);
      if (text.trim() !== "") conversation.handleChat(newId(), text, Date.now(), from.name ?? "");
    } catch {
      // It broke off in the middle.
    }
  };
  room.registerTextStreamHandler(TOPIC, (reader, from) => void read(reader, from.identity));
  return conversation;
}

/** Reads no more than is shown: the stream of a stranger can be of any length. */
async function firstChars(reader: livekit.TextStreamReader, most: number): Promise<string> {
  let text = "";
  for await (const piece of reader) {
    text += piece;
    if (text.length >= most) break;
  }
  return text.slice(0, most);
}
