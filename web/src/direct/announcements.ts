/** What is said aloud during a call: who comes and goes, what is lost, what the other person does. */
import { t } from "../i18n/language";
import { announceMeeting, announceMissed, onChange } from "../meeting/announcements";
import type { Meeting } from "../meeting/meeting";
import { announce } from "../ui/announcer";
import type { CallModel } from "./call_model";

export function announceCall(model: CallModel, meeting: Meeting): void {
  const name = (): string => model.snapshot().remote?.name || t().call.other;

  announceMeeting(meeting, model.messages, name);
  onChange(
    () => model.snapshot().status.state,
    (state, before) => {
      if (state === "connected")
        announce(before === "reconnecting" ? t().announce.connected : t().announce.joined(name()));
      else if (state === "left") announce(t().announce.left(name()));
      else if (state === "reconnecting") announce(t().announce.reconnecting, "assertive");
    },
  );
  onChange(
    () => model.snapshot().remote?.microphone,
    (now, before) => {
      if (!now || !before) return;
      announce(now === "on" ? t().announce.remoteUnmuted(name()) : t().announce.remoteMuted(name()));
    },
  );
  onChange(
    () => model.snapshot().remote?.screen ?? false,
    (now) => announce(now ? t().announce.remoteScreenOn(name()) : t().announce.remoteScreenOff(name())),
  );
  onChange(
    () => model.transfers().findLast((transfer) => transfer.from === "remote")?.id,
    (id) => {
      const transfer = model.transfers().find((one) => one.id === id);
      if (transfer) announceMissed(meeting, t().announce.file(name(), transfer.name));
    },
  );
}
