/** Messages and files in one line of conversation. */
import { createEffect, createSignal, For, onMount, Show } from "solid-js";
import { FileRow } from "../files/file_row";
import type { Transfer } from "../files/transfer";
import { formatTime } from "../i18n/format";
import { language, t } from "../i18n/language";
import { RoundButton } from "../ui/round_button";
import { type ChatMessage, MAX_CHAT_CHARS } from "./conversation";
import { piecesOf } from "./links";

export interface ChatPanelProps {
  messages: readonly ChatMessage[];
  /** For messages without an author. */
  remoteName: string;
  reachable: boolean;
  say(text: string): boolean;
  /** Said while there is nothing yet. */
  empty: string;
  unreachable: string;
  /** Absent where no files can be sent. */
  files?: ChatFiles;
}

export interface ChatFiles {
  transfers: readonly Transfer[];
  offer(file: File): void;
  accept(id: string): void;
  decline(id: string): void;
  cancel(id: string): void;
}

/** Nobody sends more by hand at once; the rest is left out. */
const MAX_FILES_AT_ONCE = 8;

export function ChatPanel(props: ChatPanelProps) {
  const [dragging, setDragging] = createSignal(false);
  let log!: HTMLDivElement;
  const offerAll = (files: FileList | null | undefined): void => {
    for (const file of [...(files ?? [])].slice(0, MAX_FILES_AT_ONCE)) props.files?.offer(file);
  };
  const transfers = (): readonly Transfer[] => props.files?.transfers ?? [];
  const entries = () =>
    [
      ...props.messages.map((message) => ({ at: message.at, id: message.id })),
      ...transfers().map((transfer) => ({ at: transfer.at, id: transfer.id })),
    ].sort((a, b) => a.at - b.at);
  const ids = () => entries().map((entry) => entry.id);

  createEffect(() => {
    ids();
    log.scrollTop = log.scrollHeight;
  });

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping files is an extra; the button beside the field does the same.
    <div
      class="chat"
      classList={{ dragging: dragging() }}
      onDragOver={(event) => {
        event.preventDefault();
        setDragging(props.files !== undefined);
      }}
      onDragLeave={() => setDragging(false)}
      onDrop={(event) => {
        event.preventDefault();
        setDragging(false);
        offerAll(event.dataTransfer?.files);
      }}
    >
      <div class="chat-log" ref={log} role="log" aria-label={t().chat.log} aria-live="off" tabindex="0">
        <Show when={ids().length === 0}>
          <p class="quiet-text">{props.empty}</p>
        </Show>
        <For each={ids()}>
          {(id) => (
            <>
              <Show when={props.messages.find((message) => message.id === id)} keyed>
                {(message) => <Message message={message} remoteName={props.remoteName} />}
              </Show>
              <Show when={transfers().find((transfer) => transfer.id === id)}>
                {(transfer) => (
                  <FileRow
                    transfer={transfer()}
                    accept={() => props.files?.accept(id)}
                    decline={() => props.files?.decline(id)}
                    cancel={() => props.files?.cancel(id)}
                  />
                )}
              </Show>
            </>
          )}
        </For>
      </div>
      <Show when={dragging()}>
        <p class="chat-drop">{t().chat.drop}</p>
      </Show>
      <Composer
        reachable={props.reachable}
        unreachable={props.unreachable}
        say={props.say}
        {...(props.files ? { attach: offerAll } : {})}
      />
    </div>
  );
}

function Message(props: { message: ChatMessage; remoteName: string }) {
  const mine = (): boolean => props.message.from === "local";
  const author = (): string => (mine() ? t().call.you : (props.message.author ?? props.remoteName));
  /** Between two it is plain who wrote what is not mine. */
  const shown = (): boolean => !mine() && props.message.author !== undefined;
  return (
    <div
      class="message"
      classList={{ mine: mine() }}
      data-testid="chat-message"
      data-from={props.message.from}
    >
      <p class="message-head">
        <span classList={{ "visually-hidden": !shown(), "message-author": shown() }}>{author()} </span>
        <time>{formatTime(props.message.at, language(), navigator.languages)}</time>
      </p>
      <p class="message-text">
        <For each={piecesOf(props.message.text)}>
          {(piece) =>
            piece.kind === "text" ? (
              piece.text
            ) : (
              <a href={piece.href} target="_blank" rel="noreferrer noopener">
                {piece.text}
              </a>
            )
          }
        </For>
      </p>
    </div>
  );
}

function Composer(props: {
  reachable: boolean;
  unreachable: string;
  say(text: string): boolean;
  attach?(files: FileList | null): void;
}) {
  const [text, setText] = createSignal("");
  let field!: HTMLTextAreaElement;
  let picker!: HTMLInputElement;
  // The person has just opened the panel to write.
  onMount(() => field.focus({ preventScroll: true }));

  const send = (): void => {
    if (props.say(text())) setText("");
    field.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // While Korean is being composed, Enter belongs to the input method.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Show when={!props.reachable}>
        <p class="composer-note">{props.unreachable}</p>
      </Show>
      <div class="composer-row">
        <Show when={props.attach}>
          {(attach) => (
            <>
              <RoundButton
                id="file-attach"
                icon="attach"
                label={t().chat.attach}
                look="quiet"
                disabled={!props.reachable}
                press={() => picker.click()}
              />
              <input
                ref={picker}
                type="file"
                multiple
                hidden
                data-testid="file-input"
                onChange={(event) => {
                  attach()(event.currentTarget.files);
                  event.currentTarget.value = "";
                }}
              />
            </>
          )}
        </Show>
        <textarea
          ref={field}
          class="input"
          data-testid="chat-input"
          rows="1"
          maxLength={MAX_CHAT_CHARS}
          aria-label={t().chat.placeholder}
          placeholder={t().chat.placeholder}
          value={text()}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <RoundButton
          id="chat-send"
          icon="send"
          label={t().chat.send}
          look="filled"
          disabled={!props.reachable || text().trim() === ""}
        />
      </div>
    </form>
  );
}
