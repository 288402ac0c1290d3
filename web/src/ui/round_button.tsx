/** A round button with an icon; its words are for screen readers and for who points at it. */
import { Icon, type IconName } from "./icons";

export interface RoundButtonProps {
  id: string;
  icon: IconName;
  label: string;
  look: "quiet" | "filled";
  disabled?: boolean;
  /** Sends the form that it is in, when absent. */
  press?(): void;
}

export function RoundButton(props: RoundButtonProps) {
  return (
    <button
      type={props.press ? "button" : "submit"}
      class={`round ${props.look}`}
      data-testid={props.id}
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled ?? false}
      onClick={() => props.press?.()}
    >
      <Icon name={props.icon} />
    </button>
  );
}
