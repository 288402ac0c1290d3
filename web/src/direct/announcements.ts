/** What is said aloud during a call: who comes and goes, what is lost, and messages while the chat is closed. */
import { createEffect, createMemo, on } from "solid-js";
import { t } from "../i18n/language";
import type { MediaView } from "../media/media_view";
import { announce } from "../ui/announcer";
import type { CallModel } from "./call_model";

export function announceCall(
  model: CallModel,
  view: MediaView,
  chatOpen: () => boolean,
  missed: () => void,
): void {
  const name = (): string => model.snapshot().remote?.name || t().call.other;
  /** Runs for each change, not for the value at the start. */
  const onChange = <Value>(value: () => Value, run: (now: Value, before: Value) => void): void => {
    const memo = createMemo(value);
    createEffect(on(memo, (now, before) => run(now, before as Value), { defer: true }));
  };

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
    () => view.microphone(),
    (now) => announce(now === "on" ? t().announce.unmuted : t().announce.muted, "assertive"),
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
    () => model.messages().findLast((message) => message.from === "remote"),
    (message) => {
      if (!message || chatOpen()) return;
      missed();
      announce(t().announce.message(name(), message.text));
    },
  );
  onChange(
    () => model.transfers().findLast((transfer) => transfer.from === "remote")?.id,
    (id) => {
      const transfer = model.transfers().find((one) => one.id === id);
      if (!transfer || chatOpen()) return;
      missed();
      announce(t().announce.file(name(), transfer.name));
    },
  );
}
