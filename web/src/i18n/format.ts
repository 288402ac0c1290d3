/** Numbers as the language writes them. */
import type { Language } from "./language";

export function formatBytes(bytes: number, language: Language): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const index = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** index;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[index] ?? "byte",
    unitDisplay: index === 0 ? "long" : "short",
    maximumFractionDigits: value < 10 && index > 0 ? 1 : 0,
  }).format(value);
}

export function formatBitrate(bitsPerSecond: number, language: Language): string {
  const mega = bitsPerSecond >= 1_000_000;
  const digits = mega ? 1 : 0;
  const value = bitsPerSecond / (mega ? 1_000_000 : 1000);
  return `${formatNumber(value, language, digits)} ${mega ? "Mbit/s" : "kbit/s"}`;
}

export function formatNumber(value: number, language: Language, digits = 0): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/** In the person's own variant of the language, if the browser says one: 14:05 in Britain, 2:05 PM in America. */
export function formatTime(at: number, language: Language, preferred: readonly string[]): string {
  const locale = preferred.find((tag) => tag.split("-")[0] === language) ?? language;
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }).format(at);
}
