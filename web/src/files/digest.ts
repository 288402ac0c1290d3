/** SHA-256 while the bytes go by. Works without a secure context and without holding the whole file, unlike `crypto.subtle`. */
export interface Digest {
  update(bytes: Uint8Array): void;
  hex(): string;
}

export async function createDigest(): Promise<Digest> {
  const { sha256 } = await import("@noble/hashes/sha2.js");
  const hash = sha256.create();
  return {
    update: (bytes) => void hash.update(bytes),
    hex: () => Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  };
}
