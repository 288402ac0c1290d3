import { describe, expect, it } from "vitest";
import { Recovery, type RecoveryAction } from "./recovery";

/** A connection that samples four times a second, with so many packets a second arriving. */
class Scene {
  now = 0;
  packets = 0;
  readonly recovery = new Recovery(0);
  readonly actions: RecoveryAction[] = [];

  run(ms: number, packetsPerSecond: number, hidden = false): this {
    for (const end = this.now + ms; this.now < end; ) {
      this.now += 250;
      this.packets += packetsPerSecond / 4;
      this.recovery.handleSample(this.now, Math.floor(this.packets), hidden);
      this.drain();
    }
    return this;
  }

  connect(): this {
    this.recovery.handleIceState(this.now, "connected");
    return this;
  }

  trust(): this {
    this.recovery.handleSignalingTrusted(this.now);
    this.drain();
    return this;
  }

  drain(): void {
    for (let action = this.recovery.poll(); action; action = this.recovery.poll()) this.actions.push(action);
  }
}

const talking = () => new Scene().connect().run(3000, 50);

describe("a stall", () => {
  it("is noticed within a second while sound arrives", () => {
    const scene = talking().run(1000, 0);
    expect(scene.actions).toEqual(["suspectSignaling"]);
    expect(scene.recovery.flowing).toBe(false);
    expect(scene.recovery.brokenSince).toBe(3000);
  });

  it("is not seen in a pause shorter than that", () => {
    expect(talking().run(500, 0).run(1000, 50).actions).toEqual([]);
  });

  it("leaves pulses their time when there is no sound", () => {
    const scene = new Scene().connect().run(4000, 2);
    expect(scene.run(1500, 0).actions).toEqual([]);
    expect(scene.run(500, 0).actions).toEqual(["suspectSignaling"]);
  });

  it("leaves a hidden page's slow pulses their time", () => {
    const scene = new Scene().connect().run(4000, 1, true);
    expect(scene.run(2500, 0, true).actions).toEqual([]);
    expect(scene.run(1500, 0, true).actions).toEqual(["suspectSignaling"]);
  });

  it("restarts ICE only when signaling is known to work", () => {
    const scene = talking().run(1000, 0);
    expect(scene.actions).not.toContain("restartIce");
    scene.trust();
    expect(scene.actions).toEqual(["suspectSignaling", "restartIce"]);
  });

  it("that ends by itself needs no restart", () => {
    const scene = talking().run(1000, 0).run(500, 50).trust();
    expect(scene.actions).toEqual(["suspectSignaling"]);
    expect(scene.recovery.flowing).toBe(true);
    expect(scene.recovery.brokenSince).toBeUndefined();
  });
});

describe("a restart that does not help", () => {
  it("is made again with growing gaps, each through signaling that was tried anew", () => {
    const scene = talking().run(1000, 0).trust();
    const times: number[] = [];
    for (let step = 0; step < 120; step += 1) {
      const before = scene.actions.length;
      scene.run(250, 0);
      if (scene.actions.length > before) {
        times.push(scene.now - 4000);
        scene.trust();
      }
    }
    expect(times.slice(0, 4)).toEqual([2000, 5500, 11_500, 21_500]);
    expect(scene.actions.filter((action) => action === "suspectSignaling").length).toBe(
      scene.actions.filter((action) => action === "restartIce").length,
    );
  });
});

describe("a restart under way", () => {
  it("gets its time before a stall asks for another", () => {
    const scene = talking();
    scene.recovery.handleNetworkChange(scene.now);
    scene.drain();
    scene.trust().run(1750, 0);
    expect(scene.actions).toEqual(["suspectSignaling", "restartIce"]);
    expect(scene.recovery.flowing).toBe(false);
    scene.run(250, 0).trust();
    expect(scene.actions).toEqual(["suspectSignaling", "restartIce", "suspectSignaling", "restartIce"]);
  });

  it("may be the other side's", () => {
    const scene = talking();
    scene.recovery.handleRemoteRestart(scene.now);
    expect(scene.run(1750, 0).actions).toEqual([]);
    expect(scene.run(250, 0).trust().actions).toEqual(["suspectSignaling", "restartIce"]);
  });
});

describe("ICE", () => {
  it("that is disconnected is in doubt at once", () => {
    const scene = talking();
    scene.recovery.handleIceState(scene.now, "disconnected");
    scene.drain();
    expect(scene.actions).toEqual(["suspectSignaling"]);
    expect(scene.recovery.flowing).toBe(false);
  });

  it("that comes back is trusted again", () => {
    const scene = talking();
    scene.recovery.handleIceState(scene.now, "disconnected");
    scene.recovery.handleIceState(scene.now, "connected");
    scene.run(250, 50);
    expect(scene.recovery.flowing).toBe(true);
  });

  it("that never connects is tried again after ten seconds", () => {
    const scene = new Scene().run(9500, 0);
    expect(scene.actions).toEqual([]);
    expect(scene.run(500, 0).trust().actions).toEqual(["suspectSignaling", "restartIce"]);
    expect(scene.recovery.brokenSince).toBeUndefined();
  });
});

describe("a change of network", () => {
  it("restarts ICE although packets still arrive", () => {
    const scene = talking();
    scene.recovery.handleNetworkChange(scene.now);
    scene.drain();
    scene.trust();
    expect(scene.actions).toEqual(["suspectSignaling", "restartIce"]);
    expect(scene.recovery.flowing).toBe(true);
  });

  it("does not restart twice for one change", () => {
    const scene = talking();
    scene.recovery.handleNetworkChange(scene.now);
    scene.drain();
    scene.trust().trust().run(5000, 50);
    expect(scene.actions).toEqual(["suspectSignaling", "restartIce"]);
  });
});
