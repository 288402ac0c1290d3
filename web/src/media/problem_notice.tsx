/** What could not be had, why, and what to do. */
import { For, Show } from "solid-js";
import { t } from "../i18n/language";
import { Icon } from "../ui/icons";
import type { SourceProblem } from "./media_view";

export interface ProblemNoticeProps {
  problems: readonly SourceProblem[];
  /** Tries again, or takes the notice away when `dismiss` is set. */
  retry(): void;
  dismiss?: boolean;
}

export function ProblemNotice(props: ProblemNoticeProps) {
  /** The same reason for both devices is said once. */
  const groups = () => {
    const kinds = [...new Set(props.problems.map((one) => one.problem))];
    return kinds.map((kind) => ({
      kind,
      names: props.problems
        .filter((one) => one.problem === kind)
        .map((one) => t().problem.source[one.source])
        .join(", "),
    }));
  };
  return (
    <Show when={props.problems[0]}>
      {(first) => (
        <div class="notice" role="status" data-testid="prejoin-problem" data-problem={first().problem}>
          <Icon name="warning" />
          <div>
            <For each={groups()}>
              {(group) => (
                <>
                  <p class="notice-title">{t().problem.title[group.kind](group.names)}</p>
                  <p>{t().problem.advice[group.kind]}</p>
                </>
              )}
            </For>
            <Show when={!props.dismiss}>
              <p>{t().problem.anyway}</p>
            </Show>
            <button
              type="button"
              class="button small"
              data-testid="prejoin-retry"
              onClick={() => props.retry()}
            >
              {props.dismiss ? t().call.close : t().problem.retry}
            </button>
          </div>
        </div>
      )}
    </Show>
  );
}
