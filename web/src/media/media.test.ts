import { describe, expect, it } from "vitest";
import { FakeDevices, type FakeTrack } from "../testing/fake_devices";
import { loadChoices, saveChoices } from "./choices";
import { sortDevices } from "./devices";
import { levelOf } from "./level";
import { LocalMedia } from "./local_media";
import { problemOf } from "./problems";

function media(devices = new FakeDevices()) {
  const local = new LocalMedia(devices as unknown as MediaDevices);
  const problems: string[] = [];
  local.events.on("problem", ({ source, problem }) => problems.push(`${source} ${problem}`));
  return { devices, local, problems };
}

describe("local media", () => {
  it("opens both devices with one question", async () => {
    const { devices, local } = media();
    await local.openBoth("", "");
    expect(devices.asked).toHaveLength(1);
    expect([local.microphone, local.cameraOn]).toEqual(["on", true]);
  });

  it("goes on with the microphone when the camera is refused", async () => {
    const { devices, local, problems } = media();
    devices.refuse.video = "NotAllowedError";
    await local.openBoth("", "");
    expect([local.microphone, local.cameraOn]).toEqual(["on", false]);
    expect(problems).toEqual(["camera denied"]);
  });

  it("takes any device when the remembered one is not there", async () => {
    const { devices, local, problems } = media();
    devices.unknownIds.add("old");
    expect(await local.open("microphone", "old")).toBe(true);
    expect(problems).toEqual([]);
  });

  it("says what is wrong in a page without a secure context", async () => {
    const local = new LocalMedia(undefined);
    const problems: string[] = [];
    local.events.on("problem", ({ problem }) => problems.push(problem));
    await local.openBoth("", "");
    expect(problems).toEqual(["insecure", "insecure"]);
    expect(local.canShare).toBe(false);
  });

  it("keeps muted what is opened while muted", async () => {
    const { local } = media();
    local.setMuted(true);
    await local.open("microphone", "");
    expect([local.microphone, local.audioTrack?.enabled]).toEqual(["muted", false]);
    local.setMuted(false);
    expect([local.microphone, local.audioTrack?.enabled]).toEqual(["on", true]);
  });

  it("lets the last of several quick choices win", async () => {
    const { devices, local } = media();
    const first = local.open("camera", "slow");
    const second = local.open("camera", "quick");
    await Promise.all([first, second]);
    expect(local.cameraTrack?.getSettings().deviceId).toBe("quick");
    expect(devices.made.filter((track) => track.readyState === "live")).toHaveLength(1);
  });

  it("does not switch the camera on after it was switched off meanwhile", async () => {
    const { devices, local } = media();
    const opening = local.open("camera", "");
    local.close("camera");
    await opening;
    expect(local.cameraOn).toBe(false);
    expect(devices.made.every((track) => track.readyState === "ended")).toBe(true);
  });

  it("sends the screen instead of the camera, and the camera again when the browser ends sharing", async () => {
    const { local } = media();
    await local.open("camera", "");
    const camera = local.videoTrack;
    await local.startScreen();
    expect(local.sharing).toBe(true);
    const screen = local.videoTrack;
    expect(screen).not.toBe(camera);
    (screen as unknown as FakeTrack).end();
    expect(local.videoTrack).toBe(camera);
    expect(local.sharing).toBe(false);
  });

  it("takes a no in the picker for an answer", async () => {
    const { devices, local, problems } = media();
    devices.refuse.display = "NotAllowedError";
    expect(await local.startScreen()).toBe(false);
    expect(problems).toEqual([]);
  });

  it("tells when a running device is unplugged", async () => {
    const { local, problems } = media();
    await local.open("microphone", "");
    (local.audioTrack as unknown as FakeTrack).end();
    expect(local.microphone).toBe("none");
    expect(problems).toEqual(["microphone gone"]);
  });

  it("lets every device go in the end", async () => {
    const { devices, local } = media();
    await local.openBoth("", "");
    await local.startScreen();
    local.stop();
    expect(devices.made.every((track) => track.readyState === "ended")).toBe(true);
  });
});

it.each([
  ["NotAllowedError", "denied"],
  ["NotFoundError", "missing"],
  ["OverconstrainedError", "missing"],
  ["NotReadableError", "busy"],
  ["SecurityError", "insecure"],
  ["SomethingNew", "failed"],
])("%s means %s", (name, problem) => expect(problemOf(new DOMException("", name))).toBe(problem));

describe("the level", () => {
  const sine = (amplitude: number) =>
    Float32Array.from({ length: 1024 }, (_, n) => amplitude * Math.sin(n / 5));
  it("is nothing in silence", () => expect(levelOf(new Float32Array(1024))).toBe(0));
  it("is nearly full at full volume", () => expect(levelOf(sine(1))).toBeGreaterThan(0.9));
  it("rises with loudness", () => expect(levelOf(sine(0.1))).toBeGreaterThan(levelOf(sine(0.01))));
  it("never leaves its scale", () => expect(levelOf(sine(50))).toBe(1));
});

it("devices are sorted by kind, without those that the browser hides", () => {
  const lists = sortDevices([
    { kind: "videoinput", deviceId: "c", label: "Camera" },
    { kind: "audioinput", deviceId: "", label: "" },
    { kind: "audiooutput", deviceId: "s", label: "" },
  ]);
  expect(lists).toEqual({
    cameras: [{ id: "c", label: "Camera" }],
    microphones: [],
    speakers: [{ id: "s", label: "" }],
    hidden: true,
  });
});

describe("choices", () => {
  const store = (text: string | null) => {
    let kept = text;
    return {
      getItem: () => kept,
      setItem: (_: string, value: string) => {
        kept = value;
      },
    };
  };
  it("come back", () => {
    const memory = store(null);
    const choices = { ...loadChoices(memory), name: "안나", camera: false };
    saveChoices(memory, choices);
    expect(loadChoices(memory)).toEqual(choices);
  });
  it.each(["", "7", "[]", '{"name":7,"camera":"x"}'])("are the defaults when %j was kept", (text) => {
    expect(loadChoices(store(text))).toEqual(loadChoices(store(null)));
  });
});
