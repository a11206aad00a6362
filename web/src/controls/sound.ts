import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import type { Call } from "../call/call.ts";
import { isInCall } from "../call/call-state.ts";
import { measure } from "../sound/levels.ts";

type Stream = MediaStream | undefined;

/** The streams of both sides and how loud they are; `checked` is what a microphone check hears. */
export function soundControls(call: Call, checked: ReadonlySignal<Stream>) {
  const personStream = signal<Stream>(undefined);
  const agentStream = signal<Stream>(undefined);
  call.microphone.on("stream", (stream) => (personStream.value = stream));
  call.on("voice", (stream) => (agentStream.value = stream));
  const isSettled = signal(false); // to make an AudioContext holds everything up: not before the first sound
  call.on("settled", () => (isSettled.value = true));
  call.on("state", ({ state }) => isInCall(state) || (isSettled.value = false));
  const person = computed(() => (isSettled.value ? personStream.value : checked.value));
  const agent = computed(() => (isSettled.value ? agentStream.value : undefined));
  return { personStream, agentStream, personLevel: levelOf(person), agentLevel: levelOf(agent) };
}

/** Measures only while somebody subscribes. */
function levelOf(stream: ReadonlySignal<Stream>): ReadonlySignal<number> {
  let stop: (() => void) | undefined;
  const level = signal(0, {
    watched: () => (stop = effect(() => (stream.value ? measure(stream.value, (loud) => (level.value = loud)) : undefined))),
    unwatched: () => stop?.(),
  });
  return level;
}
