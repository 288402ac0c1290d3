/** Which page an address shows, and which address a room has. */
export type Route =
  | { page: "start" }
  /** For two, from browser to browser. */
  | { page: "room"; room: string }
  /** For many, through the server. */
  | { page: "group"; room: string }
  | { page: "notFound" };

export interface RoomLink {
  page: "room" | "group";
  room: string;
  /** The invite from the link's fragment; "" when it has none. */
  invite: string;
}

const MAX_ROOM_CHARS = 100;

export function routeOf(pathname: string): Route {
  if (pathname === "/" || pathname === "/index.html") return { page: "start" };
  const match = /^\/([rg])\/([^/]+)\/?$/.exec(pathname);
  const room = match?.[2] === undefined ? undefined : decoded(match[2]);
  if (!room) return { page: "notFound" };
  return { page: match?.[1] === "g" ? "group" : "room", room };
}

export function roomPath(room: string, page: "room" | "group" = "room"): string {
  return `/${page === "group" ? "g" : "r"}/${encodeURIComponent(room)}`;
}

/** The fragment never leaves the browser by itself: it is where the invite goes. */
export function roomLink(
  origin: string,
  room: string,
  invite: string,
  page: "room" | "group" = "room",
): string {
  return origin + roomPath(room, page) + (invite === "" ? "" : `#k=${encodeURIComponent(invite)}`);
}

export function inviteOf(fragment: string): string {
  return new URLSearchParams(fragment.replace(/^#/, "")).get("k") ?? "";
}

/** A name, or a link to a room of this server; otherwise what is wrong with it. */
export function roomFromInput(text: string, origin: string): RoomLink | "empty" | "foreign" {
  const trimmed = text.trim();
  if (trimmed === "") return "empty";
  if (!/^https?:\/\//i.test(trimmed)) {
    const page = /^\/?g\//.test(trimmed) ? "group" : "room";
    const room = trimmed
      .replace(/^\/?[rg]\//, "")
      .replace(/[\s/]+/g, "-")
      .slice(0, MAX_ROOM_CHARS);
    return room === "" || room === "-" ? "empty" : { page, room, invite: "" };
  }
  const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  const route = url && routeOf(url.pathname);
  if (!url || url.origin !== origin || (route?.page !== "room" && route?.page !== "group")) return "foreign";
  return { page: route.page, room: route.room, invite: inviteOf(url.hash) };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text).slice(0, MAX_ROOM_CHARS);
  } catch {
    return undefined;
  }
}
