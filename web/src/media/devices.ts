/** The cameras, microphones and speakers of this machine. */
export interface DeviceChoice {
  id: string;
  /** "" until the browser tells names, which it does after permission was given. */
  label: string;
}

export interface DeviceLists {
  cameras: DeviceChoice[];
  microphones: DeviceChoice[];
  speakers: DeviceChoice[];
  /** There are devices, but the browser does not tell which until one of them is allowed. */
  hidden: boolean;
}

export const NO_DEVICES: DeviceLists = { cameras: [], microphones: [], speakers: [], hidden: false };

export function sortDevices(
  devices: readonly Pick<MediaDeviceInfo, "kind" | "deviceId" | "label">[],
): DeviceLists {
  const of = (kind: MediaDeviceKind): DeviceChoice[] =>
    devices
      .filter((device) => device.kind === kind && device.deviceId !== "")
      .map((device) => ({ id: device.deviceId, label: device.label }));
  const hidden = devices.some((device) => device.deviceId === "");
  return { cameras: of("videoinput"), microphones: of("audioinput"), speakers: of("audiooutput"), hidden };
}

export async function listDevices(devices: MediaDevices | undefined): Promise<DeviceLists> {
  if (!devices) return NO_DEVICES;
  try {
    return sortDevices(await devices.enumerateDevices());
  } catch {
    return NO_DEVICES;
  }
}

/** Choosing the speaker is not possible in every browser. */
export function canChooseSpeaker(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}
