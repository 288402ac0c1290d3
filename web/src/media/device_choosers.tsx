/** Camera, microphone and speaker, before and during a call. A choice is remembered and takes effect at once. */
import { Show } from "solid-js";
import { t } from "../i18n/language";
import { DeviceSelect } from "../ui/device_select";
import { canChooseSpeaker } from "./devices";
import type { LocalMedia } from "./local_media";
import type { MediaView } from "./media_view";
import { choices, choose } from "./remembered";

export interface DeviceChoosersProps {
  prefix: "prejoin" | "device";
  view: MediaView;
  media: LocalMedia;
  speakerChosen?(id: string): void;
}

export function DeviceChoosers(props: DeviceChoosersProps) {
  const deviceOf = (track: MediaStreamTrack | null, remembered: string): string =>
    track?.getSettings().deviceId ?? remembered;

  return (
    <>
      <DeviceSelect
        testId={`${props.prefix}-camera`}
        label={t().prejoin.camera}
        icon="camera"
        devices={props.view.devices().cameras}
        hidden={props.view.devices().hidden}
        chosen={deviceOf(props.view.cameraTrack(), choices().cameraId)}
        choose={(cameraId) => {
          choose({ cameraId, camera: true });
          void props.media.open("camera", cameraId);
        }}
      />
      <DeviceSelect
        testId={`${props.prefix}-microphone`}
        label={t().prejoin.microphone}
        icon="microphone"
        devices={props.view.devices().microphones}
        hidden={props.view.devices().hidden}
        chosen={deviceOf(props.view.audioTrack(), choices().microphoneId)}
        choose={(microphoneId) => {
          choose({ microphoneId, microphone: true });
          void props.media.open("microphone", microphoneId);
        }}
      />
      <Show when={canChooseSpeaker()}>
        <DeviceSelect
          testId={`${props.prefix}-speaker`}
          label={t().prejoin.speaker}
          icon="speaker"
          devices={props.view.devices().speakers}
          hidden={props.view.devices().hidden}
          chosen={choices().speakerId}
          choose={(speakerId) => {
            choose({ speakerId });
            props.speakerChosen?.(speakerId);
          }}
        />
      </Show>
    </>
  );
}
