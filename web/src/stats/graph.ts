/** Curves for the small graph: numbers in, SVG path data out. */

/** The newest value is at the right edge; missing values break the line. */
export function curve(
  values: readonly (number | undefined)[],
  length: number,
  top: number,
  size: { width: number; height: number },
): string {
  const step = size.width / Math.max(length - 1, 1);
  const start = size.width - (values.length - 1) * step;
  let path = "";
  let drawing = false;
  values.forEach((value, index) => {
    if (value === undefined) {
      drawing = false;
      return;
    }
    const x = start + index * step;
    const y = size.height * (1 - Math.min(value / Math.max(top, 1e-9), 1));
    path += `${drawing ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    drawing = true;
  });
  return path;
}

/** The next round number (1, 2, 5 times a power of ten) that holds all values, and at least `least`. */
export function roundTop(values: readonly (number | undefined)[], least: number): number {
  const highest = Math.max(least, ...values.map((value) => value ?? 0));
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 5, 10].find((one) => one * power >= highest) ?? 10;
  return step * power;
}
