/** When to ask for new ICE servers: TURN credentials carry their end in the user name (`<unix seconds>:<name>`). */

const ASSUMED_LIFETIME_MS = 3_600_000;
const SOONEST_MS = 30_000;

/** Milliseconds until four fifths of the remaining lifetime are over. */
export function refreshDelayMs(servers: readonly RTCIceServer[], nowUnixMs: number): number {
  const ends = servers.flatMap((server) => {
    const seconds = Number.parseInt(server.username ?? "", 10);
    return Number.isFinite(seconds) && seconds > 1e9 ? [seconds * 1000] : [];
  });
  const lifetime = ends.length > 0 ? Math.min(...ends) - nowUnixMs : ASSUMED_LIFETIME_MS;
  return Math.max(SOONEST_MS, lifetime * 0.8);
}
