/** Which way the media goes: straight, through address translation, or over a relay. */
import type { CandidateType } from "../direct/control";
import type { CandidateFacts } from "./sample";

export type PathKind = "direct" | "nat" | "relay" | "unknown";
export type RelayTransport = "udp" | "tcp" | "tls";

export interface Path {
  kind: PathKind;
  /** How this page reaches the relay; `undefined` when only the other side uses one. */
  relay: RelayTransport | undefined;
  protocol: string;
}

/**
 * Each end sees its own candidate truly; the other's may look like `prflx` (RFC 8445 §7.3.1.3) when its packet came before its
 * candidate. So the other page also says what it uses (`told`).
 */
export function pathOf(
  local: CandidateFacts | undefined,
  remote: CandidateFacts | undefined,
  told: CandidateType | undefined,
): Path {
  if (!local || !remote) return { kind: "unknown", relay: undefined, protocol: "" };
  const protocol = local.protocol;
  if (local.type === "relay") return { kind: "relay", relay: relayTransport(local.relayProtocol), protocol };
  if (remote.type === "relay" || told === "relay") return { kind: "relay", relay: undefined, protocol };
  const translated = isTranslated(local, undefined) || isTranslated(remote, told);
  return { kind: translated ? "nat" : "direct", relay: undefined, protocol };
}

function isTranslated(candidate: CandidateFacts, told: CandidateType | undefined): boolean {
  if (candidate.type === "srflx" || told === "srflx" || told === "prflx") return true;
  if (candidate.type !== "prflx") return false;
  // A host whose packet was quicker than its candidate, or whose address is hidden behind mDNS, is still a host.
  return told !== "host" && !isLocalAddress(candidate.address);
}

function relayTransport(protocol: string): RelayTransport {
  return protocol === "tcp" || protocol === "tls" ? protocol : "udp";
}

/** Loopback, private (RFC 1918), link-local and unique local (RFC 4193) addresses, and hidden ones. */
export function isLocalAddress(address: string): boolean {
  if (address === "" || address.endsWith(".local")) return true;
  if (address.includes(":")) return /^(::1$|f[cd]|fe[89ab])/i.test(address);
  return /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address);
}
