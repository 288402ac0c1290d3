import { describe, expect, it } from "vitest";
import { Paths } from "./paths";

class FakePath extends EventTarget {
  state: RTCIceTransportState = "connected";

  become(state: RTCIceTransportState): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

function watched() {
  const path = new FakePath();
  let changes = 0;
  const paths = new Paths(() => {
    changes += 1;
  });
  const transport = { iceTransport: path } as unknown as RTCDtlsTransport;
  paths.watch(transport);
  paths.watch(transport);
  return { path, paths, changes: () => changes };
}

describe("the paths of media", () => {
  it("are sound at first", () => expect(watched().paths.broken).toBe(false));

  it.each(["disconnected", "failed"] as const)("are broken when one is %s, and say so once", (state) => {
    const { path, paths, changes } = watched();
    path.become(state);
    expect([paths.broken, changes()]).toEqual([true, 1]);
    path.become("connected");
    expect([paths.broken, changes()]).toEqual([false, 2]);
  });

  it("forget one that is closed", () => {
    const { path, paths } = watched();
    path.become("failed");
    path.become("closed");
    expect(paths.broken).toBe(false);
  });

  it("need not be told by the browser", () => {
    const paths = new Paths(() => undefined);
    paths.watch(null);
    paths.watch(undefined);
    expect(paths.broken).toBe(false);
  });
});
