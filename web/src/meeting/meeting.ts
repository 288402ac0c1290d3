/** What a person does in a room of either kind beside talking: panels, keys, the link for others, what was missed. */
import { type Accessor, createSignal } from "solid-js";
import type { Inside } from "../entry/entry";
import { readItem, writeItem } from "../media/choices";
import type { LocalMedia } from "../media/local_media";
import { createMediaView, type MediaView } from "../media/media_view";
import { type DeviceSwitches, deviceSwitches } from "../media/switches";
import { roomLink } from "../pages/route";
import { createCopy } from "../ui/copy";
import { focusButton } from "./keyboard";

export type Panel = "chat" | "connection" | "devices" | "dtmf" | "help";

export interface Meeting {
  room: string;
  media: LocalMedia;
  view: MediaView;
  switches: DeviceSwitches;
  /** The one that is open. */
  panel: Accessor<Panel | undefined>;
  /** Opens it, or closes it when it is open. */
  open(panel: Panel): void;
  close(): void;
  /** Messages that came while the chat was closed. */
  unread: Accessor<number>;
  missed(): void;
  /** Single keys do something. */
  keys: Accessor<boolean>;
  useKeys(use: boolean): void;
  /** For others, with the invite in it. */
  link: Accessor<string>;
  copied: Accessor<boolean>;
  copyLink(): void;
}

const KEYS_OFF = "moim.shortcutsOff";

/** Call it inside a component: it stops with it. */
export function createMeeting({ place, currentPlace, media }: Inside, page: "room" | "group"): Meeting {
  const [panel, setPanel] = createSignal<Panel>();
  const [unread, setUnread] = createSignal(0);
  const [keys, setKeys] = createSignal(readItem(localStorage, KEYS_OFF) !== "1");
  const link = (): string => roomLink(location.origin, place.room, currentPlace().invite, page);
  const { copied, copy } = createCopy(link);
  return {
    room: place.room,
    media,
    view: createMediaView(media),
    switches: deviceSwitches(media),
    panel,
    open: (wanted) => {
      setPanel(panel() === wanted ? undefined : wanted);
      if (wanted === "chat") setUnread(0);
    },
    close: () => {
      const closing = panel();
      const within = document.activeElement?.closest(".panel") !== null;
      setPanel(undefined);
      // The person was in the panel: back to where it was opened from.
      if (closing && within) focusButton(closing);
    },
    unread,
    missed: () => setUnread(unread() + 1),
    keys,
    useKeys: (use) => {
      setKeys(use);
      writeItem(localStorage, KEYS_OFF, use ? "0" : "1");
    },
    link,
    copied,
    copyLink: copy,
  };
}
