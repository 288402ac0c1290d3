/** Reading JSON that a stranger wrote: every field is checked before it is used. */
export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The parsed object, or `undefined` when the text is not a JSON object. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function stringOr<Fallback>(value: unknown, fallback: Fallback, maxLength = 1000): string | Fallback {
  return typeof value === "string" && value.length <= maxLength ? value : fallback;
}

/** A whole number from 0 to `max`, or `undefined`. */
export function countOf(value: unknown, max = Number.MAX_SAFE_INTEGER): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= max
    ? value
    : undefined;
}
