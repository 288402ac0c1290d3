/** A page that says what went wrong and what to do. */
import { createEffect, Show } from "solid-js";
import { t } from "../i18n/language";
import { Icon } from "../ui/icons";
import { TopBar } from "../ui/top_bar";
import { goTo } from "./navigation";

export type PageError =
  | "full"
  | "roomFull"
  | "replaced"
  | "removed"
  | "closed"
  | "refused"
  | "keyWrong"
  | "badRoom"
  | "badRequest"
  | "tooMany"
  | "draining"
  | "unreachable"
  | "notFound";

export function ErrorPage(props: { error: PageError; retry?: () => void }) {
  createEffect(() => {
    document.title = `${t().error[props.error].title} – ${t().app.name}`;
  });
  return (
    <div class="page">
      <TopBar />
      <main class="message-main" data-testid="error-page" data-error={props.error}>
        <div class="message-icon">
          <Icon name={props.error === "full" ? "user" : "warning"} />
        </div>
        <Show when={props.error === "full"}>
          <p class="chip" data-testid="call-status" data-state="full">
            {t().call.state.full}
          </p>
        </Show>
        <h1>{t().error[props.error].title}</h1>
        <p class="lead">{t().error[props.error].text}</p>
        <div class="message-actions">
          <Show when={props.retry}>
            {(retry) => (
              <button
                type="button"
                class="button primary"
                data-testid="error-retry"
                onClick={() => retry()()}
              >
                {props.error === "replaced" ? t().error.bringBack : t().error.retry}
              </button>
            )}
          </Show>
          <button type="button" class="button" data-testid="error-start" onClick={() => goTo("/")}>
            {t().error.start}
          </button>
        </div>
      </main>
    </div>
  );
}
