/** Keys that act on a call, and where the focus goes back to. */
import { onCleanup } from "solid-js";
import { type Shortcut, shortcutFor } from "./shortcuts";

/** On a phone the button may be folded away; then the one that unfolds it. */
export function focusButton(panel: string): void {
  for (const id of [`btn-${panel}`, "btn-more"]) {
    const button = document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
    if (button?.offsetParent) return button.focus();
  }
}

/** Runs what a key means until the component goes; `close` works even when single-key shortcuts are switched off. */
export function listenToKeys(enabled: () => boolean, actions: Partial<Record<Shortcut, () => void>>): void {
  const onKeyDown = (event: KeyboardEvent): void => {
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    const { key, code, ctrlKey, altKey, metaKey, repeat, isComposing } = event;
    const editable = target.isContentEditable;
    const shortcut = shortcutFor({
      key,
      code,
      ctrlKey,
      altKey,
      metaKey,
      repeat,
      isComposing,
      tag: target.tagName,
      editable,
    });
    const action = shortcut && actions[shortcut];
    if (!action || (!enabled() && shortcut !== "close")) return;
    event.preventDefault();
    action();
  };
  document.addEventListener("keydown", onKeyDown);
  onCleanup(() => document.removeEventListener("keydown", onKeyDown));
}
