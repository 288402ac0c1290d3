/** What is said aloud in a group room. Of many people's microphones nothing is said: that would never end. */
import { createEffect, createMemo, on } from "solid-js";
import { t } from "../i18n/language";
import type { MediaView } from "../media/media_view";
import { announce } from "../ui/announcer";
import type { GroupModel } from "./group_model";

export function announceGroup(
  model: GroupModel,
  view: MediaView,
  chatOpen: () => boolean,
  missed: () => void,
): void {
  const nameOf = (name: string | undefined): string => name || t().group.guest;
  /** Runs for each change, not for the value at the start. */
  const onChange = <Value>(value: () => Value, run: (now: Value, before: Value) => void): void => {
    const memo = createMemo(value);
    createEffect(on(memo, (now, before) => run(now, before as Value), { defer: true }));
  };

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
    () => view.microphone(),
    (now) => announce(now === "on" ? t().announce.unmuted : t().announce.muted, "assertive"),
  );
  onChange(
    () => model.others.find((one) => one.screen)?.id,
    (id, before) => {
      const who = nameOf(model.others.find((one) => one.id === (id ?? before))?.name);
      announce(id ? t().announce.remoteScreenOn(who) : t().announce.remoteScreenOff(who));
    },
  );
  onChange(
    () => model.messages().findLast((message) => message.from === "remote"),
    (message) => {
      if (!message || chatOpen()) return;
      missed();
      announce(t().announce.message(nameOf(message.author), message.text));
    },
  );
}
