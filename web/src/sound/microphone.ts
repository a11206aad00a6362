/**
 * The microphone: opened inside the tap, changed without a new call, muted for good, asked for again when it is gone.
 * What it says of itself is read from its track each time: one that has ended is no track, whatever was told before.
 */

import { openTrack, type MicrophoneWish, defaultWish } from "./capture.ts";
import { Emitter } from "../protocol/emitter.ts";

export { defaultWish, type MicrophoneWish, type SoundProcessing } from "./capture.ts";

// A voice that is cut off in the middle would leave the server waiting for the end of the sentence, so silence is
// sent for as long as turn detection may need (4 s at most by default), and then nothing.
const SILENCE_MS = 5_000;
const RETRY_MS = 5_000; // reopens a lost microphone, also if no event says that it is back

/**
 * What the microphone does, always shown. `held_back`: push-to-talk, not held. `paused`: the system took it for a while
 * (a telephone call, a locked screen). `lost`: unplugged or taken away. Both are asked for again by themselves.
 */
export type MicrophoneState = "off" | "opening" | "on" | "muted" | "held_back" | "paused" | "lost";

export interface MicrophoneEvents {
  readonly state: MicrophoneState;
  /** What it hears, for a meter or a recording; undefined when it hears nothing. */
  readonly stream: MediaStream | undefined;
}

type Send = (track: MediaStreamTrack | null) => Promise<void>;

export class Microphone extends Emitter<MicrophoneEvents> {
  wish: MicrophoneWish = defaultWish;
  #track: MediaStreamTrack | undefined;
  /** What the track was opened for. */
  #openedFor: MicrophoneWish | undefined;
  #send: Send | undefined;
  #listening = new AbortController();
  /** There while the microphone is wanted. */
  #session: AbortController | undefined;
  #opening: Promise<void> | undefined;
  #isOpeningShown = false;
  #isMuted = false;
  #isHeldBack = false;
  #told: MicrophoneState = "off";
  #silence: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  get state(): MicrophoneState {
    if (this.#session === undefined) return "off";
    if (this.#opening !== undefined && this.#isOpeningShown) return "opening";
    if (!isLive(this.#track)) return "lost";
    if (this.#isMuted) return "muted";
    if (this.#track.muted) return "paused";
    return this.#isHeldBack ? "held_back" : "on";
  }

  /** Whether the agent hears a person who speaks now, or who holds the button. */
  get canBeHeard(): boolean {
    return this.state === "on" || this.state === "held_back";
  }

  /** What the open microphone says of itself; undefined without one. */
  get settings(): MediaTrackSettings | undefined {
    return isLive(this.#track) ? this.#track.getSettings() : undefined;
  }

  /** Opens it for a call. Call it inside the tap: iPadOS ties permission and playback to it. */
  async open(signal: AbortSignal): Promise<void> {
    this.#session = new AbortController();
    this.#isMuted = false;
    try {
      await this.#obtain({ isStrict: false, isShown: true }, signal);
      this.#tell();
    } catch (error) {
      if (!signal.aborted) this.stop();
      throw error;
    }
  }

  /** Where its sound goes from now on; nowhere while there is no connection. */
  async connect(send: Send | undefined): Promise<void> {
    this.#send = send;
    await this.#apply();
  }

  setMuted(muted: boolean): void {
    this.#isMuted = muted;
    void this.#apply();
    if (!muted) void this.tryAgain();
  }

  /** Push-to-talk: sends nothing at all, at once, because no turn detection waits for the end of a sentence. */
  async setHeldBack(heldBack: boolean): Promise<void> {
    this.#isHeldBack = heldBack;
    await this.#apply();
  }

  /**
   * Takes another microphone or other processing into use, in the middle of a call too. Rejects with a CallProblem; the
   * one that is in use then stays, and is the wish again.
   */
  async change(wish: MicrophoneWish): Promise<void> {
    this.wish = wish;
    await this.#opening?.catch(() => undefined); // the permission question may be open: what comes of it is compared
    const session = this.#session;
    if (session === undefined || this.wish !== wish || this.#isInUse(wish)) return;
    try {
      await this.#reopen(session.signal, false);
    } catch (error) {
      if (session.signal.aborted) return;
      if (this.wish === wish) this.wish = this.#openedFor ?? wish;
      throw error;
    }
  }

  /**
   * Looks again, because the page is in front or a device came or went: one that is gone may be back, and so may the
   * one that was chosen, when `found` names it.
   */
  async tryAgain(found: readonly string[] = []): Promise<void> {
    this.#tell();
    const session = this.#session;
    if (session === undefined || isHidden()) return;
    if (this.#opening !== undefined) return this.#opening.catch(() => undefined);
    const isShown = this.isGone;
    if (isShown) this.#drop(); // Safari opens none anew that is still held
    else if (this.#isInUse(this.wish) || !found.includes(this.wish.id)) return;
    await this.#reopen(session.signal, isShown).catch(() => undefined); // the state says it
  }

  stop(): void {
    this.#session?.abort();
    this.#session = this.#opening = undefined;
    clearTimeout(this.#silence);
    this.#drop();
    this.#send = undefined;
    this.#tell();
  }

  /** Its track has ended, or brings nothing because the system keeps it. */
  get isGone(): boolean {
    return !isLive(this.#track) || this.#track.muted;
  }

  /** A chosen one that was not there is not in use, though it was wished for. */
  #isInUse(wish: MicrophoneWish): boolean {
    if (JSON.stringify(wish) !== JSON.stringify(this.#openedFor)) return false;
    return wish.id === "" || this.settings?.deviceId === wish.id;
  }

  #obtain({ isStrict, isShown }: { isStrict: boolean; isShown: boolean }, signal: AbortSignal): Promise<void> {
    const { wish } = this;
    const opening = openTrack(wish, isStrict)
      .then((track) => {
        if (signal.aborted) track.stop(); // the permission question cannot be withdrawn, only answered too late
        signal.throwIfAborted();
        this.#use(track, wish);
      })
      .finally(() => {
        if (this.#opening === opening) this.#opening = undefined;
      });
    this.#opening = opening;
    this.#isOpeningShown = isShown;
    this.#tell();
    return opening;
  }

  #reopen(signal: AbortSignal, isShown: boolean): Promise<void> {
    return this.#obtain({ isStrict: true, isShown }, signal).finally(() => this.#tell());
  }

  #use(track: MediaStreamTrack, wish: MicrophoneWish): void {
    this.#drop();
    this.#track = track;
    this.#openedFor = wish;
    const untilChanged = { signal: this.#listening.signal };
    track.addEventListener("ended", () => this.#lose(), untilChanged);
    track.addEventListener("mute", () => this.#tell(), untilChanged);
    track.addEventListener("unmute", () => this.#tell(), untilChanged);
    this.emit("stream", new MediaStream([track]));
    void this.#apply();
  }

  #drop(): void {
    this.#listening.abort();
    this.#listening = new AbortController();
    this.#track?.stop();
    this.#track = this.#openedFor = undefined;
    this.emit("stream", undefined);
  }

  #lose(): void {
    this.#drop();
    void this.tryAgain();
  }

  /** `enabled = false` silences the very next packet; sending no track then ends the packets too. */
  async #apply(): Promise<void> {
    clearTimeout(this.#silence);
    this.#tell();
    if (!isLive(this.#track)) return;
    const track = this.#track;
    track.enabled = !this.#isMuted && !this.#isHeldBack;
    if (track.enabled) await this.#send?.(track);
    else if (this.#isHeldBack) await this.#send?.(null);
    else this.#silence = setTimeout(() => void this.#send?.(null), SILENCE_MS);
  }

  /** Tells what it does now, if that is something else. */
  #tell(): void {
    const { state } = this;
    if (state === "lost" || state === "paused") this.#retry ??= setTimeout(() => this.#tryQuietly(), RETRY_MS);
    else {
      clearTimeout(this.#retry);
      this.#retry = undefined;
    }
    if (state === this.#told) return;
    this.#told = state;
    this.emit("state", state);
  }

  /** Nobody is told of each attempt. What the system only keeps is not let go for it: it may come back by itself. */
  #tryQuietly(): void {
    this.#retry = undefined;
    this.#tell();
    const session = this.#session;
    if (session === undefined || this.#opening !== undefined || isHidden()) return;
    void this.#reopen(session.signal, false).catch(() => undefined);
  }
}

function isLive(track: MediaStreamTrack | undefined): track is MediaStreamTrack {
  return track?.readyState === "live";
}

function isHidden(): boolean {
  return document.visibilityState === "hidden";
}
