/** What the agent is shown: the camera or the screen, opened inside a tap. */

export type ViewKind = "camera" | "screen";

/** Why there is no picture; the words are the page's. */
export type ViewProblem = "denied" | "missing" | "busy" | "too_large" | "no_call";

export interface View {
  readonly kind: ViewKind;
  readonly stream: MediaStream;
}

export type Facing = "environment" | "user";

export function canShowCamera(): boolean {
  return isSecureContext && "mediaDevices" in navigator;
}

/** False on iPadOS and iOS. */
export function canShowScreen(): boolean {
  return canShowCamera() && "getDisplayMedia" in navigator.mediaDevices;
}
