/** What is said aloud in a group room. Of many people's microphones nothing is said: that would never end. */
import { t } from "../i18n/language";
import { announceMeeting, onChange } from "../meeting/announcements";
import type { Meeting } from "../meeting/meeting";
import { announce } from "../ui/announcer";
import type { GroupModel } from "./group_model";

export function announceGroup(model: GroupModel, meeting: Meeting): void {
  const nameOf = (name: string | undefined): string => name || t().group.guest;

  announceMeeting(meeting, model.messages, (message) => nameOf(message.author));
  model.onComing(
    (name) => announce(t().announce.joined(nameOf(name))),
    (name) => announce(t().announce.left(nameOf(name))),
  );
  onChange(
    () => model.state(),
    (state) => {
      if (state === "connected") announce(t().announce.connected);
      else if (state === "reconnecting") announce(t().announce.reconnecting, "assertive");
    },
  );
  onChange(
    () => model.others.find((one) => one.screen)?.id,
    (id, before) => {
      const who = nameOf(model.others.find((one) => one.id === (id ?? before))?.name);
      announce(id ? t().announce.remoteScreenOn(who) : t().announce.remoteScreenOff(who));
    },
  );
}
