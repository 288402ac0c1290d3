/** Copying a link: what a button does, and whether it has just done it. */
import { createSignal } from "solid-js";
import { t } from "../i18n/language";
import { announce } from "./announcer";

export function createCopy(text: () => string): { copied(): boolean; copy(): void } {
  const [copied, setCopied] = createSignal(false);
  const write = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      setCopied(true);
      announce(t().announce.copied);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      // Without leave to use the clipboard the link can be copied from the page, or from the address bar.
      setCopied(false);
    }
  };
  return { copied, copy: () => void write() };
}
