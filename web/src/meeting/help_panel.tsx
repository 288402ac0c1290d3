/** The keys, and the switch to do without them. */
import { For } from "solid-js";
import { t } from "../i18n/language";
import { SHORTCUT_KEYS, type Shortcut } from "./shortcuts";

export interface HelpPanelProps {
  enabled: boolean;
  enable(enabled: boolean): void;
  /** The keys that mean something here; all when absent. */
  only?: readonly Shortcut[];
}

export function HelpPanel(props: HelpPanelProps) {
  const keys = () => SHORTCUT_KEYS.filter(({ shortcut }) => props.only?.includes(shortcut) ?? true);
  const labels = (): Record<Shortcut, string> => ({
    mute: t().call.mute,
    camera: t().call.cameraOff,
    screen: t().call.shareScreen,
    chat: t().call.chat,
    connection: t().call.connection,
    devices: t().call.devices,
    keypad: t().call.keypad,
    pip: t().call.pip,
    snapshot: t().call.snapshot,
    invite: t().call.invite,
    help: t().call.help,
    close: t().call.close,
  });
  return (
    <div class="help">
      <label class="switch">
        <input
          type="checkbox"
          data-testid="help-enable"
          checked={props.enabled}
          onChange={(event) => props.enable(event.currentTarget.checked)}
        />
        <span>{t().help.enable}</span>
      </label>
      <p class="quiet-text">{t().help.note}</p>
      <dl class="keys">
        <For each={keys()}>
          {({ key, shortcut }) => (
            <div>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{labels()[shortcut]}</dd>
            </div>
          )}
        </For>
      </dl>
    </div>
  );
}
