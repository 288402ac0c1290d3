/** The person's choices as one signal for all pages, saved with each change. */
import { createRoot, createSignal } from "solid-js";
import { type Choices, loadChoices, saveChoices } from "./choices";

const [choices, setChoices] = createRoot(() => createSignal<Choices>(loadChoices(localStorage)));

export { choices };

export function choose(change: Partial<Choices>): void {
  setChoices({ ...choices(), ...change });
  saveChoices(localStorage, choices());
}
