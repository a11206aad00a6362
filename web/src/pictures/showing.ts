/** What is shown to the agent: one view at a time, from its permission to its end, and stills of it. */

import { Emitter } from "../protocol/emitter.ts";
import { hasChanged } from "./picture-change.ts";
import { Viewfinder } from "./still.ts";
import { closeView, countCameras, openView, ViewError } from "./open-view.ts";
import type { Facing, View, ViewKind, ViewProblem } from "./view.ts";

export interface ShowingEvents {
  readonly view: View | undefined;
  readonly problem: ViewProblem | undefined;
  readonly canTurn: boolean;
}

export class Showing extends Emitter<ShowingEvents> {
  #view: View | undefined;
  #viewfinder: Viewfinder | undefined;
  #facing: Facing = "environment";
  #lastSent: Uint8Array | undefined;

  get isShowing(): boolean {
    return this.#view !== undefined;
  }

  /** Call it inside a tap. */
  async open(kind: ViewKind): Promise<void> {
    this.emit("problem", undefined);
    this.stop();
    try {
      const view = await openView(kind, this.#facing);
      this.stop(); // a second tap may have been quicker
      this.#use(view);
      this.emit("canTurn", kind === "camera" && (await countCameras()) > 1);
    } catch (error) {
      this.emit("problem", error instanceof ViewError ? error.problem : "busy");
    }
  }

  /** The other camera. */
  turn(): void {
    this.#facing = this.#facing === "environment" ? "user" : "environment";
    if (this.#view?.kind === "camera") void this.open("camera");
  }

  stop(): void {
    if (this.#view === undefined) return;
    closeView(this.#view);
    this.#viewfinder?.close();
    this.#view = this.#viewfinder = this.#lastSent = undefined;
    this.emit("view", undefined);
  }

  /** A still that `fits`; undefined when there is none. */
  take(fits: (url: string) => boolean): string | undefined {
    const url = this.#viewfinder?.take(fits);
    if (url !== undefined) this.#lastSent = this.#viewfinder?.signature();
    return url;
  }

  get isReady(): boolean {
    return this.#viewfinder?.isReady === true;
  }

  /** Calls back with the first frame of what is being opened. */
  onReady(act: () => void): void {
    this.#viewfinder?.onReady(act);
  }

  /** Whether the picture is another one than the last that was taken. */
  get hasChanged(): boolean {
    return this.#viewfinder?.isReady === true && hasChanged(this.#lastSent, this.#viewfinder.signature());
  }

  /** The next picture counts as changed. */
  forget(): void {
    this.#lastSent = undefined;
  }

  #use(view: View): void {
    this.#view = view;
    this.#viewfinder = new Viewfinder(view.stream);
    // Ended by the system or, for a screen, by the browser's own button.
    view.stream.getVideoTracks()[0]?.addEventListener("ended", () => this.#view === view && this.stop());
    this.emit("view", view);
  }
}
