/** Names for new rooms: three groups of four letters that can be read aloud, about 38 bits. */
const CONSONANTS = "bdfghjklmnprstvyz";
const VOWELS = "aeiou";

/** `below(n)` gives an evenly random whole number from 0 to n - 1. */
export function newRoomName(below: (limit: number) => number): string {
  const letter = (letters: string): string => letters.charAt(below(letters.length));
  const group = (): string => letter(CONSONANTS) + letter(VOWELS) + letter(CONSONANTS) + letter(VOWELS);
  return [group(), group(), group()].join("-");
}

/** From the browser's strong randomness, without the slight preference that a plain remainder has. */
export function randomBelow(limit: number): number {
  const fair = 256 - (256 % limit);
  for (;;) {
    const byte = crypto.getRandomValues(new Uint8Array(1))[0] ?? 0;
    if (byte < fair) return byte % limit;
  }
}

/** 128 random bits as text, for peers, messages and files; works without a secure context. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
