/** One tile: a person's camera, or a screen that somebody shows. */
import { createEffect, createSignal, on, onCleanup, Show } from "solid-js";
import { t } from "../i18n/language";
import { Avatar, FittedVideo } from "../meeting/picture";
import { Icon } from "../ui/icons";
import type { GroupPerson, Picture, Tile } from "./people";

export function GroupTile(props: { tile: Tile }) {
  let video!: HTMLVideoElement;
  const [begun, setBegun] = createSignal(false);
  const person = () => props.tile.person;
  const isScreen = (): boolean => props.tile.kind === "screen";
  const picture = (): Picture | undefined => (isScreen() ? person().screen : person().camera);
  /** Why the picture, if there is one, is not of now. */
  const stale = (): string | undefined => {
    if (person().line === "lost") return t().group.lost;
    const paused = isScreen() ? person().screenPaused : person().paused;
    return paused && picture() ? t().group.paused : undefined;
  };

  let attached: Picture | undefined;
  const show = (now: Picture | undefined): void => {
    if (attached === now) return;
    attached?.detach(video);
    attached = now;
    setBegun(false);
    now?.attach(video);
  };
  createEffect(on(picture, show));
  onCleanup(() => show(undefined));

  return (
    <li
      class="tile group-tile"
      classList={{ speaking: person().speaking && !isScreen(), broken: stale() !== undefined }}
      data-testid={isScreen() ? "group-screen" : "group-tile"}
      data-person={person().id}
      data-local={person().local}
      data-camera={person().camera ? "on" : "off"}
      data-microphone={person().microphone}
      data-speaking={person().speaking}
      data-paused={person().paused}
      data-line={person().line}
    >
      <FittedVideo
        ref={(element) => {
          video = element;
          element.addEventListener("loadeddata", () => setBegun(true));
        }}
        hidden={!picture()}
        screen={isScreen()}
        leastVisible={FACE_STAYS}
        mirrored={person().local && !isScreen()}
        muted
      />
      <Show when={!picture()}>
        <Avatar name={person().name} />
      </Show>
      <Show when={stale() ?? (isScreen() && !begun() && t().group.screenComing)}>
        {(why) => <p class="tile-cover">{why()}</p>}
      </Show>
      <p class="tile-label">
        <Show when={!isScreen()}>
          <Signs person={person()} />
        </Show>
        <span data-testid="group-name">{labelOf(props.tile)}</span>
      </p>
    </li>
  );
}

/** Of a broad picture in an upright tile as much may be cut as leaves the middle, where people sit. */
const FACE_STAYS = 0.5;

function labelOf({ kind, person }: Tile): string {
  const name = person.name || t().group.guest;
  if (kind === "screen") return person.local ? t().group.yourScreen : t().call.remoteScreen(name);
  return person.local ? t().call.you : name;
}

/** What there is to know of somebody beside the name. */
function Signs(props: { person: GroupPerson }) {
  const silent = (): string | undefined => {
    if (props.person.microphone === "muted") return t().call.remoteMuted;
    return props.person.microphone === "none" ? t().call.remoteNoMicrophone : undefined;
  };
  return (
    <>
      <Show when={silent()}>
        {(why) => (
          <span class="badge" data-testid="group-muted" title={why()}>
            <Icon name="microphoneOff" />
            <span class="visually-hidden">{why()}</span>
          </span>
        )}
      </Show>
      <Show when={props.person.line === "weak"}>
        <span class="badge" data-testid="group-weak" title={t().group.weak}>
          <Icon name="weak" />
          <span class="visually-hidden">{t().group.weak}</span>
        </span>
      </Show>
      <Show when={props.person.speaking}>
        <span class="visually-hidden">{t().group.speaking} </span>
      </Show>
    </>
  );
}
