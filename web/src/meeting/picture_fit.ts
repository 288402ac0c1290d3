/** How a picture fills its tile: cut to it, unless too much would be lost. */
export interface Size {
  width: number;
  height: number;
}

/** At least this part of the picture has to stay visible when it is cut. */
const LEAST_VISIBLE = 0.72;

export function fitOf(
  picture: Size,
  tile: Size,
  isScreen: boolean,
  leastVisible = LEAST_VISIBLE,
): "cover" | "contain" {
  const known = picture.width > 0 && picture.height > 0 && tile.width > 0 && tile.height > 0;
  if (isScreen || !known) return "contain";
  const ratio = picture.width / picture.height / (tile.width / tile.height);
  return Math.min(ratio, 1 / ratio) >= leastVisible ? "cover" : "contain";
}
