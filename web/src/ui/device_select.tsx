/** A labelled list of devices. */
import { For, Show } from "solid-js";
import { t } from "../i18n/language";
import type { DeviceChoice } from "../media/devices";
import { Icon, type IconName } from "./icons";

export interface DeviceSelectProps {
  testId: string;
  label: string;
  icon: IconName;
  devices: readonly DeviceChoice[];
  /** There may be devices that the browser does not tell yet. */
  hidden: boolean;
  chosen: string;
  choose(id: string): void;
}

export function DeviceSelect(props: DeviceSelectProps) {
  const known = (): boolean => props.devices.some((device) => device.id === props.chosen);
  const placeholder = (): string => {
    if (props.devices.length > 0) return t().prejoin.defaultDevice;
    return props.hidden ? t().prejoin.hiddenDevice : t().prejoin.noDevice;
  };
  return (
    <label class="field select-field">
      <span class="field-label">{props.label}</span>
      <span class="select-box">
        <Icon name={props.icon} />
        <select
          data-testid={props.testId}
          disabled={props.devices.length === 0}
          onChange={(event) => props.choose(event.currentTarget.value)}
        >
          <Show when={!known()}>
            <option value="" selected>
              {placeholder()}
            </option>
          </Show>
          <For each={props.devices}>
            {(device, index) => (
              <option value={device.id} selected={device.id === props.chosen}>
                {device.label || t().prejoin.unnamedDevice(index() + 1)}
              </option>
            )}
          </For>
        </select>
      </span>
    </label>
  );
}
