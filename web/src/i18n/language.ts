/** The language of the page: chosen, remembered, or the browser's. */
import { createRoot, createSignal } from "solid-js";
import { readItem, type Store, writeItem } from "../media/choices";
import { en, type Messages } from "./en";
import { ko } from "./ko";

export type Language = "en" | "ko";
export const LANGUAGES: readonly { id: Language; name: string }[] = [
  { id: "en", name: "English" },
  { id: "ko", name: "한국어" },
];

const CATALOGUES: Record<Language, Messages> = { en, ko };
const KEY = "moim.language";

/** The first of the person's languages that we speak. */
export function pickLanguage(remembered: string | null, preferred: readonly string[]): Language {
  for (const tag of [remembered ?? "", ...preferred]) {
    const known = LANGUAGES.find(({ id }) => tag.toLowerCase().split("-")[0] === id);
    if (known) return known.id;
  }
  return "en";
}

const [language, setSignal] = createRoot(() => createSignal<Language>("en"));

export { language };

/** The messages of the current language; read it inside a component, so that it follows the switch. */
export function t(): Messages {
  return CATALOGUES[language()];
}

export function startLanguage(store: Store, preferred: readonly string[]): void {
  setLanguage(pickLanguage(readItem(store, KEY), preferred));
}

export function chooseLanguage(store: Store, chosen: Language): void {
  writeItem(store, KEY, chosen);
  setLanguage(chosen);
}

function setLanguage(chosen: Language): void {
  setSignal(chosen);
  document.documentElement.lang = chosen;
}
