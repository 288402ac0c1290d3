/** What the buttons of a call do to microphone, camera and screen. What is switched on or off is remembered. */
import type { LocalMedia } from "./local_media";
import { choices, choose } from "./remembered";

export interface DeviceSwitches {
  mute(): void;
  camera(): void;
  screen(): void;
}

export function deviceSwitches(media: LocalMedia): DeviceSwitches {
  return {
    mute: () => {
      if (!media.audioTrack) {
        choose({ microphone: true });
        media.setMuted(false);
        void media.open("microphone", choices().microphoneId);
      } else media.setMuted(media.microphone === "on");
    },
    camera: () => {
      choose({ camera: !media.cameraOn });
      if (media.cameraOn) media.close("camera");
      else void media.open("camera", choices().cameraId);
    },
    screen: () => {
      if (media.sharing) media.stopScreen();
      else void media.startScreen();
    },
  };
}
