/** The pictures of everybody: a grid, beside or below the screens that are shown. */
import { createMemo, createSignal, For, onCleanup, onMount, Show } from "solid-js";
import { t } from "../i18n/language";
import { GroupTile } from "./group_tile";
import { gridFor, type Space } from "./layout";
import { type GroupPerson, largeTiles, smallTiles, type Tile } from "./people";

/** Pixels between two tiles, as in the style sheet. */
const GAP = 8;

export interface GroupStageProps {
  people: readonly GroupPerson[];
  /** This page hears nothing of the others: what is shown of them is old. */
  cutOff: boolean;
}

export function GroupStage(props: GroupStageProps) {
  const large = (): Tile[] => largeTiles(props.people);
  return (
    <div class="group-pictures" classList={{ "with-screen": large().length > 0, "cut-off": props.cutOff }}>
      <Show when={large().length > 0}>
        <ul class="group-screens" aria-label={t().group.screens}>
          <Tiles tiles={large()} />
        </ul>
      </Show>
      <SmallTiles tiles={smallTiles(props.people)} />
    </div>
  );
}

function SmallTiles(props: { tiles: readonly Tile[] }) {
  let list!: HTMLUListElement;
  const [space, setSpace] = createSignal<Space>({ width: 0, height: 0 });
  onMount(() => {
    const measure = (): void => void setSpace({ width: list.clientWidth, height: list.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(list);
    onCleanup(() => observer.disconnect());
  });
  const grid = createMemo(() => gridFor(props.tiles.length, space(), GAP));
  return (
    <ul
      ref={list}
      class="group-grid"
      style={{ "--tile-width": `${grid().tileWidth}px`, "--tile-height": `${grid().tileHeight}px` }}
      aria-label={t().group.people}
      // What scrolls can be scrolled with keys.
      tabindex={grid().scrolls ? "0" : undefined}
    >
      <Tiles tiles={props.tiles} />
    </ul>
  );
}

/** By id, so that a video stays in the document while the people around it change. */
function Tiles(props: { tiles: readonly Tile[] }) {
  const ids = createMemo(() => props.tiles.map((tile) => tile.id), [], {
    equals: (a, b) => a.length === b.length && a.every((id, index) => id === b[index]),
  });
  return (
    <For each={ids()}>
      {(id) => (
        <Show when={props.tiles.find((tile) => tile.id === id)}>{(tile) => <GroupTile tile={tile()} />}</Show>
      )}
    </For>
  );
}
