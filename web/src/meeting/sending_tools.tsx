/** The switches of what this person sends: microphone, camera, screen. */
import { t } from "../i18n/language";
import type { LocalMedia } from "../media/local_media";
import type { MediaView } from "../media/media_view";
import type { DeviceSwitches } from "../media/switches";
import { Tool } from "./tool";

export interface SendingToolsProps {
  media: LocalMedia;
  view: MediaView;
  switches: DeviceSwitches;
}

export function SendingTools(props: SendingToolsProps) {
  const { media, view, switches } = props;
  const silent = (): boolean => view.microphone() !== "on";
  const dark = (): boolean => view.cameraTrack() === null;
  return (
    <>
      <Tool
        id="btn-mute"
        icon={silent() ? "microphoneOff" : "microphone"}
        label={t().call.mute}
        hint={silent() ? t().call.unmute : t().call.mute}
        pressed={silent()}
        off={silent()}
        press={switches.mute}
      />
      <Tool
        id="btn-camera"
        icon={dark() ? "cameraOff" : "camera"}
        label={t().call.cameraOff}
        hint={dark() ? t().call.cameraOn : t().call.cameraOff}
        pressed={dark()}
        off={dark()}
        press={switches.camera}
      />
      <Tool
        id="btn-screen"
        icon="screen"
        label={t().call.shareScreen}
        hint={shareHint(media.canShare, view.sharing())}
        pressed={view.sharing()}
        disabled={!media.canShare}
        press={switches.screen}
      />
    </>
  );
}

function shareHint(canShare: boolean, sharing: boolean): string {
  if (!canShare) return t().call.noSharing;
  return sharing ? t().call.stopSharing : t().call.shareScreen;
}
