/** Sends DTMF tones (RFC 4733) to the other side. */
import { createSignal, For, Show } from "solid-js";
import { t } from "../i18n/language";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"] as const;
const NAMES: Record<string, string> = { "*": "star", "#": "pound" };
const TONE_MS = 120;
const GAP_MS = 70;

export function KeypadPanel(props: { sender(): RTCDTMFSender | null; available: boolean }) {
  const [sent, setSent] = createSignal("");
  const press = (key: string): void => {
    const sender = props.sender();
    if (!sender?.canInsertDTMF) return;
    // Inserting replaces what has not been played yet, so that is put in front.
    sender.insertDTMF(sender.toneBuffer + key, TONE_MS, GAP_MS);
    setSent((sent() + key).slice(-32));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const key = KEYS.find((one) => one === event.key);
    if (key) press(key);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: typing digits is an extra to the buttons inside.
    <div class="keypad" onKeyDown={onKeyDown}>
      <p class="quiet-text">{props.available ? t().keypad.lead : t().keypad.unavailable}</p>
      <div class="keypad-keys">
        <For each={KEYS}>
          {(key) => (
            <button
              type="button"
              class="key"
              data-testid={`dtmf-key-${NAMES[key] ?? key}`}
              disabled={!props.available}
              onClick={() => press(key)}
            >
              {key}
            </button>
          )}
        </For>
      </div>
      <Show when={sent()}>
        <p class="keypad-sent">
          {t().keypad.sent}: <output data-testid="dtmf-sent">{sent()}</output>
        </p>
      </Show>
    </div>
  );
}
