/** A recording as a WAV file: decoded on this device, 16 bits a sample, the person left and the agent right. */

/** What OpenAI's voices have; a recording is no better for more. */
const WAV_RATE = 24_000;

const HEADER_BYTES = 44;
const BYTES_A_SAMPLE = 2;
const PIECE_FRAMES = 240_000;

/** Rejects when the browser cannot read what it has recorded. */
export async function asWav(recording: Blob): Promise<Blob> {
  const decoder = new OfflineAudioContext(1, 1, WAV_RATE); // only for its decoder, which also changes the rate
  const sound = await decoder.decodeAudioData(await recording.arrayBuffer());
  const channels = Array.from({ length: sound.numberOfChannels }, (_, at) => sound.getChannelData(at));
  return new Blob([wavHeader(sound), ...pieces(channels, sound.length)], { type: "audio/wav" });
}

export interface WavFormat {
  readonly numberOfChannels: number;
  readonly sampleRate: number;
  /** In frames: one sample of each channel. */
  readonly length: number;
}

/** The RIFF header of 16-bit PCM: `fmt ` and `data`, nothing else. */
export function wavHeader({ numberOfChannels, sampleRate, length }: WavFormat): Uint8Array<ArrayBuffer> {
  const frameBytes = numberOfChannels * BYTES_A_SAMPLE;
  const dataBytes = length * frameBytes;
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  const write = (at: number, name: string) => new Uint8Array(header.buffer).set(new TextEncoder().encode(name), at);
  write(0, "RIFF");
  header.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  write(8, "WAVEfmt ");
  header.setUint32(16, 16, true); // bytes of `fmt `
  header.setUint16(20, 1, true); // PCM
  header.setUint16(22, numberOfChannels, true);
  header.setUint32(24, sampleRate, true);
  header.setUint32(28, sampleRate * frameBytes, true);
  header.setUint16(32, frameBytes, true);
  header.setUint16(34, BYTES_A_SAMPLE * 8, true);
  write(36, "data");
  header.setUint32(40, dataBytes, true);
  return new Uint8Array(header.buffer);
}

/** Samples of -1 to 1, one array a channel, as interleaved little-endian integers; louder ones are cut off. */
export function interleaved(channels: readonly Float32Array[], from: number, to: number): Uint8Array<ArrayBuffer> {
  const bytes = new DataView(new ArrayBuffer((to - from) * channels.length * BYTES_A_SAMPLE));
  let at = 0;
  for (let frame = from; frame < to; frame += 1) {
    for (const channel of channels) {
      const sample = Math.max(-1, Math.min(1, channel[frame] ?? 0));
      bytes.setInt16(at, Math.round(sample * 32_767), true);
      at += BYTES_A_SAMPLE;
    }
  }
  return new Uint8Array(bytes.buffer);
}

/** Each a blob, which a browser may keep on disk. */
function pieces(channels: readonly Float32Array[], length: number): Blob[] {
  const starts = Array.from({ length: Math.ceil(length / PIECE_FRAMES) }, (_, piece) => piece * PIECE_FRAMES);
  return starts.map((from) => new Blob([interleaved(channels, from, Math.min(from + PIECE_FRAMES, length))]));
}
