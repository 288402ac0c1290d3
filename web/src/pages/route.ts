/** Which page an address shows, and which address a room has. */
export type Route = { page: "start" } | { page: "room"; room: string } | { page: "notFound" };

export interface RoomLink {
  room: string;
  /** The invite from the link's fragment; "" when it has none. */
  invite: string;
}

const MAX_ROOM_CHARS = 100;

export function routeOf(pathname: string): Route {
  if (pathname === "/" || pathname === "/index.html") return { page: "start" };
  const match = /^\/r\/([^/]+)\/?$/.exec(pathname);
  const room = match?.[1] === undefined ? undefined : decoded(match[1]);
  return room ? { page: "room", room } : { page: "notFound" };
}

export function roomPath(room: string): string {
  return `/r/${encodeURIComponent(room)}`;
}

/** The fragment never leaves the browser by itself: it is where the invite goes. */
export function roomLink(origin: string, room: string, invite: string): string {
  return origin + roomPath(room) + (invite === "" ? "" : `#k=${encodeURIComponent(invite)}`);
}

export function inviteOf(fragment: string): string {
  return new URLSearchParams(fragment.replace(/^#/, "")).get("k") ?? "";
}

/** A name, or a link to a room of this server; otherwise what is wrong with it. */
export function roomFromInput(text: string, origin: string): RoomLink | "empty" | "foreign" {
  const trimmed = text.trim();
  if (trimmed === "") return "empty";
  if (!/^https?:\/\//i.test(trimmed)) {
    const room = trimmed
      .replace(/^\/?r\//, "")
      .replace(/[\s/]+/g, "-")
      .slice(0, MAX_ROOM_CHARS);
    return room === "" || room === "-" ? "empty" : { room, invite: "" };
  }
  const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  const route = url && routeOf(url.pathname);
  if (!url || url.origin !== origin || route?.page !== "room") return "foreign";
  return { room: route.room, invite: inviteOf(url.hash) };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text).slice(0, MAX_ROOM_CHARS);
  } catch {
    return undefined;
  }
}
