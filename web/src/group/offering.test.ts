import { describe, expect, it } from "vitest";
import { Offering, type OfferingOptions } from "./offering";

const track = (name: string) => name as unknown as MediaStreamTrack;

/** An offering whose steps are written down; `hold` lets publishing wait. */
function offering(whenOff: OfferingOptions["whenOff"] = "mute") {
  const steps: string[] = [];
  let hold: Promise<void> | undefined;
  let refuse = false;
  const one = new Offering({
    whenOff,
    publish: async (published) => {
      await hold;
      if (refuse) throw new Error("refused");
      steps.push(`publish ${published}`);
      return {
        replace: async (other) => steps.push(`replace ${other}`),
        setMuted: async (muted) => steps.push(muted ? "mute" : "unmute"),
        withdraw: async () => steps.push("withdraw"),
      };
    },
    failed: (error) => steps.push(String(error)),
  });
  return {
    one,
    steps,
    setHold: (wait: Promise<void>) => {
      hold = wait;
    },
    setRefuse: (on: boolean) => {
      refuse = on;
    },
  };
}

const settled = () => new Promise((done) => setTimeout(done, 0));

describe("what is offered to the room", () => {
  it("is published once, and only when there is something", async () => {
    const { one, steps } = offering();
    one.want({ track: null, muted: false });
    await settled();
    one.want({ track: track("a"), muted: false });
    one.want({ track: track("a"), muted: false });
    await settled();
    expect(steps).toEqual(["publish a"]);
  });

  it("is published muted by muting it right after", async () => {
    const { one, steps } = offering();
    one.want({ track: track("a"), muted: true });
    await settled();
    expect(steps).toEqual(["publish a", "mute"]);
  });

  it("stays published while its device is off, and comes back with the next one", async () => {
    const { one, steps } = offering();
    one.want({ track: track("a"), muted: false });
    await settled();
    one.want({ track: null, muted: false });
    await settled();
    one.want({ track: track("b"), muted: false });
    await settled();
    expect(steps).toEqual(["publish a", "mute", "replace b", "unmute"]);
  });

  it("is withdrawn where it should not stay", async () => {
    const { one, steps } = offering("withdraw");
    one.want({ track: track("a"), muted: false });
    await settled();
    one.want({ track: null, muted: false });
    await settled();
    one.want({ track: track("b"), muted: false });
    await settled();
    expect(steps).toEqual(["publish a", "withdraw", "publish b"]);
  });

  it("follows the last of several quick wishes", async () => {
    const { one, steps, setHold } = offering();
    let go = (): void => undefined;
    setHold(
      new Promise((done) => {
        go = done;
      }),
    );
    one.want({ track: track("a"), muted: false });
    one.want({ track: track("b"), muted: false });
    one.want({ track: track("c"), muted: true });
    go();
    await settled();
    expect(steps).toEqual(["publish a", "replace c", "mute"]);
  });

  it("tells what failed, and tries again at the next wish", async () => {
    const { one, steps, setRefuse } = offering();
    setRefuse(true);
    one.want({ track: track("a"), muted: false });
    await settled();
    setRefuse(false);
    one.want({ track: track("a"), muted: false });
    await settled();
    expect(steps).toEqual(["Error: refused", "publish a"]);
  });
});
