/** How loud a stream is. */

const EVERY_MS = 50;
const SAMPLES = 1024;
const QUIETEST_DB = -60;
const LOUDEST_DB = -12; // a voice close to the microphone

let shared: AudioContext | undefined;
let measured = 0;

/**
 * Tells the loudness of `stream`, 0 to 1, about 20 times a second, until the returned function is called. There is none
 * where the browser lets no page look into a stream, as Firefox with resistFingerprinting: no call needs a meter. While
 * the browser holds sound back nothing is told: what would be read then is not what the stream has.
 */
export function measure(stream: MediaStream, tell: (level: number) => void): (() => void) | undefined {
  const made = meter(stream);
  if (made === undefined) return undefined;
  const { context, source, analyser } = made;
  measured += 1;
  wake(); // iPadOS lets it run while the page is recording
  const samples = new Float32Array(SAMPLES);
  const timer = setInterval(() => {
    if (context.state !== "running") return;
    analyser.getFloatTimeDomainData(samples);
    tell(loudness(samples));
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    source.disconnect();
    measured -= 1;
    if (measured === 0) context.suspend().catch(() => undefined);
    tell(0);
  };
}

function meter(stream: MediaStream) {
  try {
    const context = (shared ??= wakeable(new AudioContext()));
    const source = context.createMediaStreamSource(stream);
    const analyser = new AnalyserNode(context, { fftSize: SAMPLES });
    source.connect(analyser);
    return { context, source, analyser };
  } catch {
    return undefined;
  }
}

/** Some browsers let it run only after a tap, or not until the page is in front again. */
function wakeable(context: AudioContext): AudioContext {
  for (const type of ["click", "visibilitychange"]) document.addEventListener(type, wake);
  return context;
}

function wake(): void {
  if (measured > 0) shared?.resume().catch(() => undefined);
}

/** Samples from -1 to 1 as a loudness from 0 to 1, as ears count it. Pure. */
export function loudness(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const decibels = 10 * Math.log10(power + Number.MIN_VALUE);
  return Math.min(1, Math.max(0, (decibels - QUIETEST_DB) / (LOUDEST_DB - QUIETEST_DB)));
}
