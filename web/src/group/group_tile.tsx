/** One tile: a person's camera, or a screen that somebody shows. */
import { createEffect, on, onCleanup, Show } from "solid-js";
import { t } from "../i18n/language";
import { Avatar, FittedVideo } from "../meeting/picture";
import { Icon } from "../ui/icons";
import type { Picture, Tile } from "./people";

export function GroupTile(props: { tile: Tile }) {
  let video!: HTMLVideoElement;
  const person = () => props.tile.person;
  const isScreen = (): boolean => props.tile.kind === "screen";
  const picture = (): Picture | undefined => (isScreen() ? person().screen : person().camera);
  const name = (): string => (person().local ? t().call.you : person().name || t().group.guest);
  const label = (): string => {
    if (!isScreen()) return name();
    return person().local ? t().group.yourScreen : t().call.remoteScreen(name());
  };

  let attached: Picture | undefined;
  const show = (now: Picture | undefined): void => {
    if (attached === now) return;
    attached?.detach(video);
    attached = now;
    now?.attach(video);
  };
  createEffect(on(picture, show));
  onCleanup(() => show(undefined));

  return (
    <li
      class="tile group-tile"
      classList={{ speaking: person().speaking && !isScreen(), broken: person().paused && !isScreen() }}
      data-testid={isScreen() ? "group-screen" : "group-tile"}
      data-person={person().id}
      data-local={person().local}
      data-camera={person().camera ? "on" : "off"}
      data-microphone={person().microphone}
      data-speaking={person().speaking}
      data-paused={person().paused}
      aria-label={label()}
    >
      <FittedVideo
        ref={(element) => {
          video = element;
        }}
        hidden={!picture()}
        screen={isScreen()}
        mirrored={person().local && !isScreen()}
        muted
        label={label()}
      />
      <Show when={!picture()}>
        <Avatar name={person().name} />
      </Show>
      <Show when={person().paused && picture() && !isScreen()}>
        <p class="tile-cover">{t().group.paused}</p>
      </Show>
      <p class="tile-label">
        <Show when={!isScreen() && person().microphone !== "on"}>
          <span class="badge" data-testid="group-muted">
            <Icon name="microphoneOff" />
            <span class="visually-hidden">
              {person().microphone === "none" ? t().call.remoteNoMicrophone : t().call.remoteMuted}
            </span>
          </span>
        </Show>
        <Show when={!isScreen() && person().speaking}>
          <span class="visually-hidden">{t().group.speaking} </span>
        </Show>
        <span>{label()}</span>
      </p>
    </li>
  );
}
