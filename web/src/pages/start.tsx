/** The first page: make a room, or open one. */
import { createEffect, createSignal, For, Show } from "solid-js";
import { t } from "../i18n/language";
import { Icon } from "../ui/icons";
import { TopBar } from "../ui/top_bar";
import { Illustration } from "./illustration";
import { goTo } from "./navigation";
import { newRoomName, randomBelow } from "./room_name";
import { roomFromInput, roomLink, roomPath } from "./route";

export function StartPage() {
  const [text, setText] = createSignal("");
  const [problem, setProblem] = createSignal<"empty" | "foreign">();
  createEffect(() => {
    document.title = t().start.documentTitle;
  });

  const open = (event: Event): void => {
    event.preventDefault();
    const found = roomFromInput(text(), location.origin);
    if (typeof found === "string") {
      setProblem(found);
      return;
    }
    goTo(roomLink("", found.room, found.invite, found.page));
  };

  return (
    <div class="page start">
      <TopBar />
      <main class="start-main">
        <section class="start-words">
          <h1>{t().start.title}</h1>
          <p class="lead">{t().start.lead}</p>
          <div class="start-actions">
            <button
              type="button"
              class="button primary large"
              data-testid="start-create"
              onClick={() => goTo(roomPath(newRoomName(randomBelow)))}
            >
              {t().start.create}
              <Icon name="arrow" />
            </button>
            <div class="start-group">
              <button
                type="button"
                class="button"
                data-testid="start-group"
                aria-describedby="group-hint"
                onClick={() => goTo(roomPath(newRoomName(randomBelow), "group"))}
              >
                {t().start.createGroup}
              </button>
              <p id="group-hint" class="quiet-text">
                {t().start.groupHint}
              </p>
            </div>
            <form class="start-open" onSubmit={open} noValidate>
              <label class="visually-hidden" for="room">
                {t().start.roomLabel}
              </label>
              <input
                id="room"
                class="input"
                data-testid="start-room"
                value={text()}
                onInput={(event) => {
                  setText(event.currentTarget.value);
                  setProblem(undefined);
                }}
                placeholder={t().start.roomLabel}
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                aria-invalid={problem() !== undefined}
                aria-describedby="room-problem"
              />
              <button type="submit" class="button" data-testid="start-open">
                {t().start.open}
              </button>
              <p id="room-problem" class="field-problem" role="status">
                <Show when={problem()}>
                  {(kind) => (
                    <span data-testid="start-problem">
                      {kind() === "empty" ? t().start.problemEmpty : t().start.problemLink}
                    </span>
                  )}
                </Show>
              </p>
            </form>
          </div>
        </section>
        <Illustration />
        <ul class="start-points">
          <For each={t().start.points}>
            {(point) => (
              <li>
                <h2>{point.title}</h2>
                <p>{point.text}</p>
              </li>
            )}
          </For>
        </ul>
      </main>
    </div>
  );
}
