/** How many tiles stand side by side, and in which shape, so that they come out as large as can be. */
export interface Space {
  width: number;
  height: number;
}

export interface Grid {
  columns: number;
  /** Pixels, whole; 0 while the space is not known. */
  tileWidth: number;
  tileHeight: number;
  /** Not all tiles are in sight at once. */
  scrolls: boolean;
}

/** A tile's width to its height, and how much of its area counts: what is cut off a camera's picture is a loss. */
interface Shape {
  ratio: number;
  worth: number;
}

const BROAD: Shape = { ratio: 16 / 9, worth: 1 };
/** Where the space is broad, and where it is upright, as a phone is. */
const SHAPES_OF_BROAD: readonly Shape[] = [BROAD, { ratio: 4 / 3, worth: 0.85 }];
const SHAPES_OF_UPRIGHT: readonly Shape[] = [
  { ...BROAD, worth: 0.85 },
  { ratio: 4 / 3, worth: 1 },
  { ratio: 1, worth: 0.92 },
];
/** Below this nobody recognizes a face: rather scroll. */
const LEAST_WIDTH = 150;

export function gridFor(count: number, space: Space, gap: number): Grid {
  const nothing: Grid = { columns: 1, tileWidth: 0, tileHeight: 0, scrolls: false };
  if (count < 1 || space.width <= 0 || space.height <= 0) return nothing;
  const shapes = space.width >= space.height ? SHAPES_OF_BROAD : SHAPES_OF_UPRIGHT;
  let best = nothing;
  let bestWorth = 0;
  for (const shape of shapes) {
    for (let columns = 1; columns <= count; columns += 1) {
      const grid = gridOf(columns, Math.ceil(count / columns), space, gap, shape.ratio);
      const worth = grid.tileWidth * grid.tileHeight * shape.worth;
      if (grid.tileWidth >= LEAST_WIDTH && worth > bestWorth) [best, bestWorth] = [grid, worth];
    }
  }
  return bestWorth > 0 ? best : scrolling(count, space, gap);
}

/** The largest tiles with which so many columns and rows fit. */
function gridOf(columns: number, rows: number, space: Space, gap: number, ratio: number): Grid {
  const broad = (space.width - gap * (columns - 1)) / columns;
  const high = (space.height - gap * (rows - 1)) / rows;
  const tileWidth = Math.floor(Math.max(0, Math.min(broad, high * ratio)));
  return { columns, tileWidth, tileHeight: Math.floor(tileWidth / ratio), scrolls: false };
}

/** As many columns of the least width as fit; the rows go on below. */
function scrolling(count: number, space: Space, gap: number): Grid {
  const columns = Math.min(count, Math.max(1, Math.floor((space.width + gap) / (LEAST_WIDTH + gap))));
  const tileWidth = Math.floor((space.width - gap * (columns - 1)) / columns);
  return { columns, tileWidth, tileHeight: Math.floor(tileWidth / BROAD.ratio), scrolls: true };
}
