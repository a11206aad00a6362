import { effect, signal } from "@preact/signals";
import type { Call } from "../call.ts";
import { Pictures, type Picture } from "../pictures.ts";
import { Showing } from "../showing.ts";
import { canShowCamera, canShowScreen, type View, type ViewProblem } from "../view.ts";
import type { Preferences } from "./preferences.ts";

const SHOWN = 40;

export function viewControls(call: Call, { pictureSeconds }: Preferences) {
  const showing = new Showing();
  const view = signal<View | undefined>(undefined);
  const viewProblem = signal<ViewProblem | undefined>(undefined);
  const canTurnCamera = signal(false);
  const { pictures, sendPicture } = pictureControls(call, showing, viewProblem);
  showing.on("view", (shown) => (view.value = shown));
  showing.on("problem", (problem) => (viewProblem.value = problem));
  showing.on("canTurn", (canTurn) => (canTurnCamera.value = canTurn));
  effect(() => {
    const seconds = view.value === undefined ? 0 : pictureSeconds.value;
    const isDue = () => document.visibilityState === "visible" && call.line !== undefined && showing.hasChanged;
    const timer = seconds > 0 ? setInterval(() => isDue() && sendPicture(), seconds * 1000) : undefined;
    return () => clearInterval(timer);
  });
  call.on("state", ({ state }) => (state === "ended" || state === "failed") && showing.stop());
  addEventListener("pagehide", () => showing.stop());
  return {
    canShowCamera: canShowCamera(),
    canShowScreen: canShowScreen(),
    view,
    viewProblem,
    showCamera: () => void showing.open("camera"),
    showScreen: () => void showing.open("screen"),
    canTurnCamera,
    turnCamera: () => showing.turn(),
    stopView: () => showing.stop(),
    sendPicture,
    pictureSeconds,
    setPictureSeconds: (seconds: number) => (pictureSeconds.value = seconds),
    pictures,
  };
}

function pictureControls(call: Call, showing: Showing, problem: { value: ViewProblem | undefined }) {
  const pictures = signal<readonly Picture[]>([]);
  const sent = new Pictures();
  const send = (): ViewProblem | undefined => {
    const { line } = call;
    if (line === undefined) return "no_call";
    if (!showing.isReady) return undefined; // the camera has only just been opened
    const url = showing.take((taken) => sent.fits(taken));
    const picture = url === undefined ? undefined : sent.send(url, (event) => line.sendEvent(event));
    if (picture === undefined) return "too_large";
    pictures.value = [...pictures.value, picture].slice(-SHOWN);
    return undefined;
  };
  const sendPicture = () => {
    problem.value = send();
  };
  call.on("saying", () => showing.isShowing && call.line !== undefined && sendPicture());
  call.on("state", ({ state }) => {
    if (state === "connecting") pictures.value = [];
    if (state !== "connecting" && state !== "reconnecting") return;
    sent.forget();
    showing.forget();
  });
  return { pictures, sendPicture };
}
