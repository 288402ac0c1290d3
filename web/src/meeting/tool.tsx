/** One round button of a call's controls. */
import { Show } from "solid-js";
import { Icon, type IconName } from "../ui/icons";

export interface ToolProps {
  id: string;
  icon: IconName;
  /** Says what the button is; with `pressed` it stays the same in both states. */
  label: string;
  /** What a press does now. */
  hint?: string;
  pressed?: boolean;
  expanded?: boolean;
  off?: boolean;
  disabled?: boolean;
  count?: number;
  press(): void;
}

export function Tool(props: ToolProps) {
  return (
    <button
      type="button"
      class="tool"
      classList={{
        off: props.off ?? false,
        active: props.expanded || (props.pressed && !props.off) || false,
      }}
      data-testid={props.id}
      aria-label={props.label}
      title={props.hint ?? props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      disabled={props.disabled ?? false}
      onClick={() => props.press()}
    >
      <Icon name={props.icon} />
      <Show when={(props.count ?? 0) > 0}>
        <span class="tool-count" aria-hidden="true">
          {props.count}
        </span>
      </Show>
    </button>
  );
}
