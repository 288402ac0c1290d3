/** Asks for the access key of the server. */
import { createEffect, createSignal, onMount, Show } from "solid-js";
import { t } from "../i18n/language";
import type { JoinProblem } from "../signaling/door";
import { TopBar } from "../ui/top_bar";

export interface KeyFormProps {
  problem: JoinProblem;
  /** The key was typed here; else it came with the link. */
  typed: boolean;
  submit(key: string): void;
}

export function KeyForm(props: KeyFormProps) {
  const [key, setKey] = createSignal("");
  let input: HTMLInputElement | undefined;
  const byLink = (): boolean => !props.typed && props.problem !== "keyNeeded";
  const title = (): string => (byLink() ? t().key.link.title : t().key.title);
  const lead = (): string => {
    if (!byLink()) return t().key.lead;
    return props.problem === "keyExpired" ? t().key.link.expired : t().key.link.wrong;
  };
  createEffect(() => {
    document.title = `${title()} – ${t().app.name}`;
  });
  onMount(() => input?.focus());
  const complaint = (): string => {
    if (byLink()) return "";
    if (props.problem === "keyWrong") return t().key.wrong;
    return props.problem === "keyExpired" ? t().key.expired : "";
  };
  return (
    <div class="page">
      <TopBar />
      <main class="message-main">
        <h1>{title()}</h1>
        <p class="lead" data-testid={byLink() ? "access-link" : undefined} data-problem={props.problem}>
          {lead()}
        </p>
        <form
          class="key-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (key().trim() !== "") props.submit(key().trim());
          }}
        >
          <label class="field">
            <span class="field-label">{t().key.label}</span>
            <input
              ref={input}
              class="input"
              type="password"
              data-testid="access-key"
              autocomplete="off"
              value={key()}
              aria-invalid={complaint() !== ""}
              aria-describedby="key-problem"
              onInput={(event) => setKey(event.currentTarget.value)}
            />
          </label>
          <p id="key-problem" class="field-problem" role="status">
            <Show when={complaint()}>
              <span data-testid="access-problem" data-problem={props.problem}>
                {complaint()}
              </span>
            </Show>
          </p>
          <button type="submit" class="button primary" data-testid="access-submit">
            {t().key.submit}
          </button>
        </form>
      </main>
    </div>
  );
}
