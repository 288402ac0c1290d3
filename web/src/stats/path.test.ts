import { describe, expect, it } from "vitest";
import { isLocalAddress, pathOf } from "./path";
import type { CandidateFacts } from "./sample";

const candidate = (type: string, address = "192.168.1.2", relayProtocol = ""): CandidateFacts => ({
  type,
  protocol: "udp",
  address,
  port: 1,
  relayProtocol,
});

describe("the path", () => {
  it("is direct between two hosts", () => {
    expect(pathOf(candidate("host"), candidate("host"), undefined).kind).toBe("direct");
  });

  it("is direct when a host's packet was quicker than its candidate", () => {
    expect(pathOf(candidate("host"), candidate("prflx"), undefined).kind).toBe("direct");
    expect(pathOf(candidate("host"), candidate("prflx", ""), undefined).kind).toBe("direct");
    expect(pathOf(candidate("host"), candidate("prflx", "198.51.100.1"), "host").kind).toBe("direct");
  });

  it("goes through address translation when either end is reflexive", () => {
    expect(pathOf(candidate("srflx"), candidate("host"), undefined).kind).toBe("nat");
    expect(pathOf(candidate("host"), candidate("srflx"), undefined).kind).toBe("nat");
    expect(pathOf(candidate("host"), candidate("prflx", "198.51.100.1"), undefined).kind).toBe("nat");
    expect(pathOf(candidate("host"), candidate("host"), "srflx").kind).toBe("nat");
  });

  it.each(["udp", "tcp", "tls"] as const)("is relayed over %s as this end sees it", (protocol) => {
    const path = pathOf(candidate("relay", "203.0.113.1", protocol), candidate("host"), "host");
    expect(path).toMatchObject({ kind: "relay", relay: protocol });
  });

  it("is relayed when the other end relays, even where it looks like address translation", () => {
    expect(pathOf(candidate("srflx"), candidate("relay"), undefined)).toMatchObject({
      kind: "relay",
      relay: undefined,
    });
    expect(pathOf(candidate("srflx"), candidate("prflx", "203.0.113.1"), "relay").kind).toBe("relay");
  });

  it("is unknown before there is a pair", () => {
    expect(pathOf(undefined, candidate("host"), "host").kind).toBe("unknown");
  });
});

it.each([
  ["10.0.0.1", true],
  ["172.16.0.1", true],
  ["172.32.0.1", false],
  ["192.168.9.9", true],
  ["169.254.1.1", true],
  ["8.8.8.8", false],
  ["fd00::2", true],
  ["fe80::1", true],
  ["2001:db8::1", false],
  ["::1", true],
  ["0f9e.local", true],
])("%s is local: %s", (address, local) => expect(isLocalAddress(address)).toBe(local));
