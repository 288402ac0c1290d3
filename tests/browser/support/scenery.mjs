// @ts-check
// Cameras that look out of a window, and a screen worth sharing: for pictures that somebody will look at.

/** @typedef {{ top: string, horizon: string, sun: string, sunAt: [number, number], hills: string[] }} Scenery */

/** @type {Record<'day' | 'dusk' | 'dawn' | 'autumn' | 'snow', Scenery>} */
export const sceneries = {
  day: { top: '#5ca0d6', horizon: '#deecf0', sun: '#fff6d6', sunAt: [930, 190], hills: ['#9ebebe', '#68988a', '#3a705c'] },
  dusk: { top: '#3c366c', horizon: '#f6b284', sun: '#ffe2aa', sunAt: [390, 400], hills: ['#966882', '#62466a', '#342a4a'] },
  dawn: { top: '#8fb3d9', horizon: '#fbd9d0', sun: '#fff1dc', sunAt: [980, 330], hills: ['#c4b0c4', '#8f87a8', '#57608a'] },
  autumn: { top: '#7fa6c4', horizon: '#f3e3c6', sun: '#fff3cf', sunAt: [300, 170], hills: ['#d6b27c', '#b9743f', '#73402c'] },
  snow: { top: '#6f8fb8', horizon: '#e8eef6', sun: '#ffffff', sunAt: [640, 150], hills: ['#dfe8f2', '#bccbe0', '#8fa5c6'] },
};

/**
 * Runs in a page before the app: camera and screen are painted, so many times a second; who speaks has a voice, and others
 * Chromium's beeps.
 * @param {Scenery & { speaks: boolean, rate: number }} scenery
 */
export function paintDevices({ top, horizon, sun, sunAt, hills, speaks, rate }) {
  const [width, height] = [1280, 720];

  /** @param {CanvasRenderingContext2D} at */
  function paintLandscape(at) {
    const sky = at.createLinearGradient(0, 0, 0, 480);
    sky.addColorStop(0, top);
    sky.addColorStop(1, horizon);
    at.fillStyle = sky;
    at.fillRect(0, 0, width, height);
    at.fillStyle = sun;
    for (const [radius, strength] of [[110, 0.35], [58, 1]]) {
      at.globalAlpha = strength ?? 1;
      at.beginPath();
      at.arc(...sunAt, radius ?? 0, 0, 2 * Math.PI);
      at.fill();
    }
    hills.forEach((colour, range) => {
      at.fillStyle = colour;
      at.beginPath();
      at.moveTo(0, height);
      for (let x = 0; x <= width; x += 8) {
        at.lineTo(x, 430 + range * 85 + (46 - range * 8) * Math.sin(x / (210 - range * 38) + range * 2.1) + 16 * Math.sin(x / 61 + range * 4.7));
      }
      at.lineTo(width, height);
      at.fill();
    });
  }

  /** @param {CanvasRenderingContext2D} at */
  function paintPlan(at) {
    at.fillStyle = '#fffefb';
    at.fillRect(0, 0, width, height);
    at.fillStyle = '#1b1c20';
    at.font = '700 56px system-ui, sans-serif';
    at.fillText('Garden party', 96, 150);
    at.font = '30px system-ui, sans-serif';
    ['Long table under the trees', 'Tea at four, music at six', 'Lanterns along the path'].forEach((line, index) => {
      at.fillStyle = '#2f4bc4';
      at.fillRect(96, 226 + index * 76, 14, 14);
      at.fillStyle = '#1b1c20';
      at.fillText(line, 134, 244 + index * 76);
    });
    ['#9ebebe', '#68988a', '#3a705c', '#2f4bc4'].forEach((colour, index) => {
      at.fillStyle = colour;
      at.fillRect(720 + index * 116, 560 - index * 96, 84, 60 + index * 96);
    });
  }

  /** @param {(at: CanvasRenderingContext2D) => void} paint */
  function track(paint) {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const at = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    paint(at);
    // A canvas that nobody paints on gives no frames.
    setInterval(() => paint(at), 1000 / rate);
    return /** @type {MediaStreamTrack} */ (canvas.captureStream(rate).getVideoTracks()[0]);
  }

  /** A tone that swells and fades as syllables do. */
  function voice() {
    const audio = new AudioContext();
    const [tone, loudness, syllables, depth] = [audio.createOscillator(), audio.createGain(), audio.createOscillator(), audio.createGain()];
    const out = audio.createMediaStreamDestination();
    tone.frequency.value = 220;
    loudness.gain.value = 0.3;
    syllables.frequency.value = 3;
    depth.gain.value = 0.25;
    syllables.connect(depth).connect(loudness.gain);
    tone.connect(loudness).connect(out);
    for (const source of [tone, syllables]) source.start();
    return out.stream.getTracks();
  }

  const devices = navigator.mediaDevices;
  const native = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    const beeps = async () => (await native({ audio: wanted?.audio ?? true })).getTracks();
    const sound = wanted?.audio ? (speaks ? voice() : await beeps()) : [];
    return new MediaStream(wanted?.video ? [...sound, track(paintLandscape)] : sound);
  };
  devices.getDisplayMedia = async () => new MediaStream([track(paintPlan)]);
}

/** Devices with the names that devices have; those of Chromium's fakes mean nothing to a reader. */
export function nameDevices() {
  const names = { videoinput: 'Built-in camera', audioinput: 'Built-in microphone', audiooutput: 'Headphones' };
  const native = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
  navigator.mediaDevices.enumerateDevices = async () => {
    const all = (await native()).filter((device, index, list) => list.findIndex((other) => other.kind === device.kind) === index);
    return all.map(({ deviceId, groupId, kind }) => ({ deviceId, groupId, kind, label: names[kind], toJSON: () => ({}) }));
  };
}
