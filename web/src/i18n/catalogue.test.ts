import { describe, expect, it } from "vitest";
import { en } from "./en";
import { formatBitrate, formatBytes } from "./format";
import { ko } from "./ko";
import { pickLanguage } from "./language";

/** Every text of a catalogue with its name; functions are asked with marks that have to come back. */
function texts(value: unknown, name = ""): [string, string][] {
  if (typeof value === "string") return [[name, value]];
  if (typeof value === "function") return [[name, String(value("«1»", "«2»", "«3»"))]];
  return Object.entries(value as object).flatMap(([key, inner]) => texts(inner, `${name}.${key}`));
}

const english = new Map(texts(en));
const korean = texts(ko);

describe("the Korean catalogue", () => {
  it("has the same names as the English one", () => {
    expect(korean.map(([name]) => name)).toEqual([...english.keys()]);
  });

  it.each(korean)("%s is there and uses what it is given", (name, text) => {
    expect(text.trim()).not.toBe("");
    const marks = (one: string) => [...new Set(one.match(/«\d»/g) ?? [])].sort();
    expect(marks(text)).toEqual(marks(english.get(name) ?? ""));
  });

  it("is Korean", () => {
    const foreign = korean
      .filter(([, text]) => !/[가-힣]/.test(text) && text !== "«1»: «2»")
      .map(([name]) => name);
    expect(foreign).toEqual([]);
  });
});

describe("the language", () => {
  it.each([
    [null, ["ko-KR", "en"], "ko"],
    [null, ["fr", "ko"], "ko"],
    [null, ["fr"], "en"],
    ["en", ["ko"], "en"],
    ["xx", ["ko"], "ko"],
    [null, [], "en"],
  ] as const)("remembered %s, preferred %j: %s", (remembered, preferred, language) => {
    expect(pickLanguage(remembered, preferred)).toBe(language);
  });
});

it.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [1500, "1.5 kB"],
  [20_971_520, "21 MB"],
  [1.2e9, "1.2 GB"],
])("%i bytes are %s", (bytes, text) => expect(formatBytes(bytes, "en")).toBe(text));

it("writes bitrates with their unit", () => {
  expect(formatBitrate(830_400, "en")).toBe("830 kbit/s");
  expect(formatBitrate(2_480_000, "en")).toBe("2.5 Mbit/s");
});
