/** Which microphones and loudspeakers there are, also when one is plugged in or out. */

import { Emitter } from "../protocol/emitter.ts";

export interface Device {
  readonly id: string;
  /** Empty until the microphone has been allowed once: browsers hide the names until then. */
  readonly label: string;
}

export interface DeviceEvents {
  readonly microphones: readonly Device[];
  readonly speakers: readonly Device[];
  /** What there is may have changed since the page last looked, and has been looked at; the ids of the microphones. */
  readonly changed: readonly string[];
}

// What Chromium lists besides the devices themselves: the system's own choice, which the page offers anyway.
const ALIASES = new Set(["", "default", "communications"]);

export class Devices extends Emitter<DeviceEvents> {
  constructor() {
    super();
    if ("mediaDevices" in navigator) navigator.mediaDevices.addEventListener("devicechange", () => void this.#lookAgain());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void this.#lookAgain());
  }

  /** Looks again: after a permission the names are there. */
  async refresh(): Promise<readonly Device[]> {
    const all = "mediaDevices" in navigator ? await navigator.mediaDevices.enumerateDevices().catch(() => []) : [];
    const microphones = ofKind(all, "audioinput");
    this.emit("microphones", microphones);
    this.emit("speakers", ofKind(all, "audiooutput"));
    return microphones;
  }

  async #lookAgain(): Promise<void> {
    this.emit("changed", (await this.refresh()).map(({ id }) => id));
  }
}

function ofKind(devices: readonly MediaDeviceInfo[], kind: MediaDeviceKind): readonly Device[] {
  const own = devices.filter((device) => device.kind === kind && !ALIASES.has(device.deviceId));
  return own.map(({ deviceId, label }) => ({ id: deviceId, label }));
}
