import { expect, test } from "vitest";
import { interleaved, wavHeader } from "../../src/sound/wav.ts";

test("the header says what a WAV file of 16-bit PCM says", () => {
  const header = Buffer.from(wavHeader({ numberOfChannels: 2, sampleRate: 24_000, length: 10 }));
  expect(header.length).toBe(44);
  expect(header.toString("latin1", 0, 4)).toBe("RIFF");
  expect(header.readUInt32LE(4)).toBe(36 + 40);
  expect(header.toString("latin1", 8, 16)).toBe("WAVEfmt ");
  expect([16, 20, 22].map((at) => header.readUInt16LE(at))).toEqual([16, 1, 2]);
  expect([24, 28].map((at) => header.readUInt32LE(at))).toEqual([24_000, 96_000]);
  expect([32, 34].map((at) => header.readUInt16LE(at))).toEqual([4, 16]);
  expect(header.toString("latin1", 36, 40)).toBe("data");
  expect(header.readUInt32LE(40)).toBe(40);
});

test("the samples of both channels take turns, and what is too loud is cut off", () => {
  const channels = [Float32Array.of(9, 0, 1, 0.5), Float32Array.of(9, -1, -2, NaN)];
  const bytes = Buffer.from(interleaved(channels, 1, 4));
  const samples = Array.from({ length: 6 }, (_, at) => bytes.readInt16LE(2 * at));
  expect(samples).toEqual([0, -32_767, 32_767, -32_767, 16_384, 0]);
});
