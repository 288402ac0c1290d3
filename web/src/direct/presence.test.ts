import { describe, expect, it } from "vitest";
import { Presence } from "./presence";

describe("presence", () => {
  it("greets the one who was there before", () => {
    const presence = new Presence();
    expect(presence.handlePeers(["ben"], false)).toBe("same");
    expect(presence.toGreet()).toEqual(["ben"]);
    expect(presence.politeTo("ben")).toBe(false);
    expect(presence.state).toBe("present");
  });

  it("greets the one who comes, and yields to him", () => {
    const presence = new Presence();
    presence.handlePeers([], false);
    presence.handlePeers(["ben"], true);
    expect(presence.toGreet()).toEqual(["ben"]);
    expect(presence.politeTo("ben")).toBe(true);
  });

  it("finds the room full when two are there", () => {
    const presence = new Presence();
    expect(presence.handlePeers(["anna", "ben"], false)).toBe("full");
    expect(presence.full).toBe(true);
    expect(presence.toGreet()).toEqual([]);
  });

  it("has no ear for a third", () => {
    const presence = new Presence();
    presence.handlePeers(["ben"], false);
    presence.handlePeers(["cleo"], true);
    expect(presence.accepts("cleo")).toBe(false);
    expect(presence.toGreet()).toEqual(["ben"]);
  });

  it("keeps its place after a reconnect although a third is on the list for a moment", () => {
    const presence = new Presence();
    presence.handlePeers(["ben"], false);
    expect(presence.handlePeers(["cleo", "ben"], false)).toBe("same");
    expect(presence.full).toBe(false);
  });

  it("keeps its first role through reconnects", () => {
    const presence = new Presence();
    presence.handlePeers(["ben"], true);
    presence.handlePeers(["ben"], false);
    expect(presence.politeTo("ben")).toBe(true);
  });

  it("notices after a reconnect that the other one is not there any more", () => {
    const presence = new Presence();
    presence.handlePeers(["ben"], false);
    presence.handlePeers([], false);
    expect(presence.gone).toBe(true);
  });

  it("takes somebody else when the first is gone", () => {
    const presence = new Presence();
    presence.handlePeers(["ben"], false);
    expect(presence.handleGone("nobody")).toBe(false);
    expect(presence.handleGone("ben")).toBe(true);
    expect(presence.accepts("cleo")).toBe(true);
    presence.handleHello("cleo", false);
    expect(presence.gone).toBe(false);
    expect(presence.politeTo("cleo")).toBe(true);
  });

  it("says moved when another one is there after a reconnect", () => {
    const presence = new Presence();
    presence.handlePeers(["ben"], false);
    expect(presence.handlePeers(["cleo"], false)).toBe("moved");
  });
});
