/** The bar of the quiet pages: the mark, and the language. */
import { For } from "solid-js";
import { chooseLanguage, LANGUAGES, type Language, language, t } from "../i18n/language";
import { goTo } from "../pages/navigation";
import { Mark } from "./icons";

export function TopBar() {
  const home = (event: MouseEvent): void => {
    event.preventDefault();
    goTo("/");
  };
  return (
    <header class="top-bar">
      <a class="brand" href="/" onClick={home}>
        <Mark />
        <span>{t().app.name}</span>
      </a>
      <LanguageSwitch />
    </header>
  );
}

export function LanguageSwitch() {
  return (
    <select
      class="quiet-select"
      data-testid="language"
      aria-label={t().app.language}
      onChange={(event) => chooseLanguage(localStorage, event.currentTarget.value as Language)}
    >
      <For each={LANGUAGES}>
        {({ id, name }) => (
          <option value={id} lang={id} selected={language() === id}>
            {name}
          </option>
        )}
      </For>
    </select>
  );
}
