/** Which microphones and loudspeakers there are, also when one is plugged in or out. */

import { Emitter } from "./emitter.ts";

export interface Device {
  readonly id: string;
  /** Empty until the microphone has been allowed once: browsers hide the names until then. */
  readonly label: string;
}

export interface DeviceEvents {
  readonly microphones: readonly Device[];
  readonly speakers: readonly Device[];
}

// What Chromium lists besides the devices themselves: the system's own choice, which the page offers anyway.
const ALIASES = new Set(["", "default", "communications"]);

export class Devices extends Emitter<DeviceEvents> {
  constructor() {
    super();
    if ("mediaDevices" in navigator) navigator.mediaDevices.addEventListener("devicechange", () => void this.refresh());
  }

  /** Looks again: after a permission the names are there. */
  async refresh(): Promise<void> {
    if (!("mediaDevices" in navigator)) return;
    const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    this.emit("microphones", ofKind(all, "audioinput"));
    this.emit("speakers", ofKind(all, "audiooutput"));
  }
}

function ofKind(devices: readonly MediaDeviceInfo[], kind: MediaDeviceKind): readonly Device[] {
  const own = devices.filter((device) => device.kind === kind && !ALIASES.has(device.deviceId));
  return own.map(({ deviceId, label }) => ({ id: deviceId, label }));
}
