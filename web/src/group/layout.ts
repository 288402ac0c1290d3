/** How many tiles stand side by side, so that they come out as large as can be. */
export interface Space {
  width: number;
  height: number;
}

export interface Grid {
  columns: number;
  /** Pixels, whole; 0 while the space is not known. */
  tileWidth: number;
  tileHeight: number;
}

/** Tiles are as broad to their height as most cameras' pictures. */
const ASPECT = 16 / 9;
/** Below this nobody recognizes a face: rather scroll. */
const LEAST_WIDTH = 150;

export function gridFor(count: number, space: Space, gap: number): Grid {
  if (count < 1 || space.width <= 0 || space.height <= 0) return { columns: 1, tileWidth: 0, tileHeight: 0 };
  let best: Grid | undefined;
  for (let columns = 1; columns <= count; columns += 1) {
    const grid = gridOf(columns, Math.ceil(count / columns), space, gap);
    if (!best || grid.tileWidth > best.tileWidth) best = grid;
  }
  return best && best.tileWidth >= LEAST_WIDTH ? best : scrolling(count, space, gap);
}

/** The largest tiles with which so many columns and rows fit. */
function gridOf(columns: number, rows: number, space: Space, gap: number): Grid {
  const broad = (space.width - gap * (columns - 1)) / columns;
  const high = (space.height - gap * (rows - 1)) / rows;
  const tileWidth = Math.floor(Math.max(0, Math.min(broad, high * ASPECT)));
  return { columns, tileWidth, tileHeight: Math.floor(tileWidth / ASPECT) };
}

/** As many columns of the least width as fit; the rows go on below. */
function scrolling(count: number, space: Space, gap: number): Grid {
  const columns = Math.min(count, Math.max(1, Math.floor((space.width + gap) / (LEAST_WIDTH + gap))));
  const tileWidth = Math.floor((space.width - gap * (columns - 1)) / columns);
  return { columns, tileWidth, tileHeight: Math.floor(tileWidth / ASPECT) };
}
