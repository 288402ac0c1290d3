/** How loud the microphone is, for the meter. */

/** -60 dB and less is 0, 0 dB is 1: the scale on which speech moves visibly. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(samples.length, 1));
  const decibel = 20 * Math.log10(Math.max(rms, 1e-6));
  return Math.min(1, Math.max(0, (decibel + 60) / 60));
}

/** Reports about 15 times a second until the signal aborts. */
export function watchLevel(
  track: MediaStreamTrack,
  report: (level: number) => void,
  signal: AbortSignal,
): void {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    // A page that was not touched yet may not start audio by itself; a later click lets this succeed.
    if (context.state === "suspended") void context.resume();
    analyser.getFloatTimeDomainData(samples);
    report(levelOf(samples));
  }, 66);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    source.disconnect();
    void context.close();
  });
}
