/** What is shown and sent as pictures; loaded when a call is open, because the first paint does not need it. */

import { effect, signal } from "@preact/signals";
import type { Call } from "../call/call.ts";
import { isBetweenSessions } from "../call/call-state.ts";
import { Pictures, type Picture } from "../pictures/pictures.ts";
import { Showing } from "../pictures/showing.ts";
import type { View, ViewProblem } from "../pictures/view.ts";
import "../styles/pictures.css";

const SHOWN = 40;

/** The signals that the user interface knows from the beginning. */
export interface ViewSignals {
  readonly view: { value: View | undefined };
  readonly viewProblem: { value: ViewProblem | undefined };
  readonly canTurnCamera: { value: boolean };
  readonly pictures: { value: readonly Picture[] };
  readonly pictureSeconds: { readonly value: number };
}

export function showingFor(call: Call, signals: ViewSignals) {
  const showing = new Showing();
  const isShowing = signal(false);
  const sendPicture = sendsPictures(call, showing, signals);
  showing.on("view", (view) => {
    signals.view.value = view;
    isShowing.value = view !== undefined;
  });
  showing.on("problem", (problem) => (signals.viewProblem.value = problem));
  showing.on("canTurn", (canTurn) => (signals.canTurnCamera.value = canTurn));
  effect(() => {
    const seconds = isShowing.value ? signals.pictureSeconds.value : 0;
    const isDue = () => document.visibilityState === "visible" && call.line !== undefined && showing.hasChanged;
    const timer = seconds > 0 ? setInterval(() => isDue() && sendPicture(), seconds * 1000) : undefined;
    return () => clearInterval(timer);
  });
  call.on("state", ({ state }) => (state === "ended" || state === "failed") && showing.stop());
  addEventListener("pagehide", () => showing.stop());
  return { showing, sendPicture };
}

function sendsPictures(call: Call, showing: Showing, { pictures, viewProblem }: ViewSignals): () => void {
  const sent = new Pictures();
  const send = (): ViewProblem | undefined => {
    const { line } = call;
    if (line === undefined) return "no_call";
    const url = showing.take((taken) => sent.fits(taken));
    const picture = url === undefined ? undefined : sent.send(url, (event) => line.sendEvent(event));
    if (picture === undefined) return "too_large";
    pictures.value = [...pictures.value, picture].slice(-SHOWN);
    return undefined;
  };
  const sendPicture = () => {
    if (showing.isShowing && !showing.isReady) showing.onReady(sendPicture); // the camera has only just been opened
    else viewProblem.value = send();
  };
  call.on("saying", () => showing.isReady && call.line !== undefined && sendPicture());
  call.on("state", ({ state }) => {
    if (state === "connecting") pictures.value = [];
    if (state !== "connecting" && !isBetweenSessions(state)) return;
    sent.forget();
    showing.forget();
  });
  return sendPicture;
}
