/** What the agent is shown: the camera or the screen, opened inside a tap. */

export type ViewKind = "camera" | "screen";

/** Why there is no picture; the words are the page's. */
export type ViewProblem = "denied" | "missing" | "busy" | "too_large" | "no_call";

export interface View {
  readonly kind: ViewKind;
  readonly stream: MediaStream;
}

export type Facing = "environment" | "user";

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

export function canShowCamera(): boolean {
  return isSecureContext && "mediaDevices" in navigator;
}

/** False on iPadOS and iOS. */
export function canShowScreen(): boolean {
  return canShowCamera() && "getDisplayMedia" in navigator.mediaDevices;
}

export async function countCameras(): Promise<number> {
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices.filter(({ kind }) => kind === "videoinput").length;
}
