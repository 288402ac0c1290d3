/** The switches of what this person sends: microphone, camera, screen. */

import { t } from "../i18n/language";
import type { Microphone } from "../media/microphone";
import { Tool } from "./tool";

export interface SendingToolsProps {
  microphone: Microphone;
  cameraOn: boolean;
  sharing: boolean;
  canShare: boolean;
  mute(): void;
  camera(): void;
  screen(): void;
}

export function SendingTools(props: SendingToolsProps) {
  return (
    <>
      <Tool
        id="btn-mute"
        icon={props.microphone === "on" ? "microphone" : "microphoneOff"}
        label={t().call.mute}
        hint={props.microphone === "on" ? t().call.mute : t().call.unmute}
        pressed={props.microphone !== "on"}
        off={props.microphone !== "on"}
        press={props.mute}
      />
      <Tool
        id="btn-camera"
        icon={props.cameraOn ? "camera" : "cameraOff"}
        label={t().call.cameraOff}
        hint={props.cameraOn ? t().call.cameraOff : t().call.cameraOn}
        pressed={!props.cameraOn}
        off={!props.cameraOn}
        press={props.camera}
      />
      <Tool
        id="btn-screen"
        icon="screen"
        label={t().call.shareScreen}
        hint={shareHint(props.canShare, props.sharing)}
        pressed={props.sharing}
        disabled={!props.canShare}
        press={props.screen}
      />
    </>
  );
}

function shareHint(canShare: boolean, sharing: boolean): string {
  if (!canShare) return t().call.noSharing;
  return sharing ? t().call.stopSharing : t().call.shareScreen;
}
