import { signal } from "@preact/signals";
import type { Call } from "../call/call.ts";
import type { Reconnecting } from "../call/call-events.ts";
import type { RealtimeEvent } from "../protocol/events.ts";
import { WakeLock } from "../device/wake-lock.ts";
import { isInCall } from "../call/call-state.ts";

export function connectionControls(call: Call) {
  const reconnecting = signal<Reconnecting | undefined>(undefined);
  const secondsLeft = signal<number | undefined>(undefined);
  const wakeLock = new WakeLock();
  call.on("reconnecting", (told) => (reconnecting.value = told));
  call.on("secondsLeft", (seconds) => (secondsLeft.value = seconds));
  call.on("state", ({ state }) => {
    if (isInCall(state)) wakeLock.hold();
    else wakeLock.release();
  });
  return {
    reconnecting,
    secondsLeft,
    reconnectNow: () => call.reconnectNow(),
    stats: async () => call.line?.stats(),
    sendEvent: (event: RealtimeEvent) => call.line?.sendEvent(event) ?? false,
  };
}
