/** The messages of a call, oldest first; bounded, and gone when the page is closed. */
import { Emitter } from "../emitter";

export const MAX_CHAT_CHARS = 4000;
const MAX_MESSAGES = 500;

export interface ChatMessage {
  readonly id: string;
  readonly from: "local" | "remote";
  /** Who wrote it, where that can be one of many. */
  readonly author?: string;
  readonly text: string;
  readonly at: number;
}

/** A message on its way out. */
export interface Written {
  kind: "chat";
  id: string;
  text: string;
}

export interface ConversationEvents {
  changed: readonly ChatMessage[];
}

export class Conversation {
  readonly events = new Emitter<ConversationEvents>();
  readonly #send: (message: Written) => boolean;
  readonly #newId: () => string;
  #messages: readonly ChatMessage[] = [];

  constructor(send: (message: Written) => boolean, newId: () => string) {
    this.#send = send;
    this.#newId = newId;
  }

  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** False when it was not sent: nobody there, nothing to say, or too long. */
  say(text: string, at: number): boolean {
    const trimmed = text.trim();
    if (trimmed === "" || trimmed.length > MAX_CHAT_CHARS) return false;
    const id = this.#newId();
    if (!this.#send({ kind: "chat", id, text: trimmed })) return false;
    this.#add({ id, from: "local", text: trimmed, at });
    return true;
  }

  handleChat(id: string, text: string, at: number, author?: string): void {
    this.#add({ id, from: "remote", text, at, ...(author === undefined ? {} : { author }) });
  }

  #add(message: ChatMessage): void {
    this.#messages = [...this.#messages, message].slice(-MAX_MESSAGES);
    this.events.emit("changed", this.#messages);
  }
}
