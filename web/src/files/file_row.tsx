/** One file in the conversation: accept or decline, progress, result. */
import { Match, Show, Switch } from "solid-js";
import { formatBytes } from "../i18n/format";
import { language, t } from "../i18n/language";
import { Icon } from "../ui/icons";
import { isOver, type Transfer } from "./transfer";

export interface FileRowProps {
  transfer: Transfer;
  accept(): void;
  decline(): void;
  cancel(): void;
}

export function FileRow(props: FileRowProps) {
  const transfer = () => props.transfer;
  const running = (): boolean => transfer().state === "sending" || transfer().state === "receiving";
  const size = (): string => formatBytes(transfer().sizeBytes, language());
  return (
    <div
      class="file-row"
      classList={{ mine: transfer().from === "local" }}
      data-testid="file-row"
      data-state={transfer().state}
      data-from={transfer().from}
      data-reason={transfer().reason}
    >
      <div class="file-head">
        <Icon name="file" />
        <div class="file-words">
          <p class="file-name" title={transfer().name}>
            {transfer().name}
          </p>
          <p class="file-note">{noteOf(transfer(), size())}</p>
        </div>
      </div>
      <Show when={running()}>
        <progress
          max={Math.max(transfer().sizeBytes, 1)}
          value={transfer().doneBytes}
          aria-label={t().file.progressLabel(transfer().name)}
        />
      </Show>
      <Show when={!isOver(transfer()) || transfer().url}>
        <div class="file-actions">
          <Switch>
            <Match when={transfer().url}>
              {(url) => (
                <a
                  class="button small primary"
                  data-testid="file-download"
                  href={url()}
                  download={transfer().name}
                >
                  {t().file.save}
                </a>
              )}
            </Match>
            <Match when={transfer().state === "offered" && transfer().from === "remote"}>
              <button
                type="button"
                class="button small primary"
                data-testid="file-accept"
                onClick={() => props.accept()}
              >
                {t().file.accept}
              </button>
              <button
                type="button"
                class="button small"
                data-testid="file-decline"
                onClick={() => props.decline()}
              >
                {t().file.decline}
              </button>
            </Match>
            <Match when={true}>
              <button
                type="button"
                class="button small"
                data-testid="file-cancel"
                onClick={() => props.cancel()}
              >
                {t().file.cancel}
              </button>
            </Match>
          </Switch>
        </div>
      </Show>
    </div>
  );
}

function noteOf(transfer: Transfer, size: string): string {
  switch (transfer.state) {
    case "offered":
      return `${size} · ${transfer.from === "local" ? t().file.waiting : t().file.offered}`;
    case "sending":
    case "receiving":
      return t().file.progress(formatBytes(transfer.doneBytes, language()), size);
    case "done":
      return `${size} · ${transfer.from === "local" ? t().file.sent : t().file.received}`;
    case "failed":
      return t().file.reason[transfer.reason ?? "interrupted"];
  }
}
