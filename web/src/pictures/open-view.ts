/** Opens the camera or the screen, and closes it; not loaded before there is a call. */

import type { Facing, View, ViewKind, ViewProblem } from "./view.ts";

const PROBLEMS = new Map<string, ViewProblem>([
  ["NotAllowedError", "denied"],
  ["SecurityError", "denied"],
  ["NotFoundError", "missing"],
  ["OverconstrainedError", "missing"],
]);

export class ViewError extends Error {
  override readonly name = "ViewError";
  readonly problem: ViewProblem;

  constructor(error: unknown) {
    super(String(error));
    this.problem = (error instanceof Error ? PROBLEMS.get(error.name) : undefined) ?? "busy";
  }
}

/** Rejects with a ViewError. */
export async function openView(kind: ViewKind, facing: Facing): Promise<View> {
  const { mediaDevices } = navigator;
  const video = { facingMode: facing, width: { ideal: 1280 }, height: { ideal: 720 } };
  try {
    const stream = kind === "camera" ? await mediaDevices.getUserMedia({ video }) : await mediaDevices.getDisplayMedia({ video: true });
    return { kind, stream };
  } catch (error) {
    throw new ViewError(error);
  }
}

export function closeView({ stream }: View): void {
  for (const track of stream.getTracks()) track.stop();
}

export async function countCameras(): Promise<number> {
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices.filter(({ kind }) => kind === "videoinput").length;
}
