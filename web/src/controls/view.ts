import { signal } from "@preact/signals";
import type { Call } from "../call/call.ts";
import type { Picture } from "../pictures/pictures.ts";
import { canShowCamera, canShowScreen, type View, type ViewProblem } from "../pictures/view.ts";
import type { showingFor } from "./pictures.ts";
import type { Preferences } from "./preferences.ts";

type Loaded = ReturnType<typeof showingFor>;

export function viewControls(call: Call, { pictureSeconds }: Preferences) {
  const signals = {
    view: signal<View | undefined>(undefined),
    viewProblem: signal<ViewProblem | undefined>(undefined),
    canTurnCamera: signal(false),
    pictures: signal<readonly Picture[]>([]),
    pictureSeconds,
  };
  let loading: Promise<Loaded> | undefined;
  const load = () => {
    loading ??= import("./pictures.ts").then((module) => module.showingFor(call, signals));
    loading.catch(() => (loading = undefined)); // tried again at the next tap
    return loading;
  };
  const afterLoading = (act: (loaded: Loaded) => void) => () => {
    load().then(act, () => undefined); // the page itself reports a missing chunk
  };
  call.on("settled", () => void load()); // so that the tap itself may open the screen
  return {
    ...signals,
    canShowCamera: canShowCamera(),
    canShowScreen: canShowScreen(),
    showCamera: afterLoading(({ showing }) => void showing.open("camera")),
    showScreen: afterLoading(({ showing }) => void showing.open("screen")),
    turnCamera: afterLoading(({ showing }) => showing.turn()),
    stopView: afterLoading(({ showing }) => showing.stop()),
    sendPicture: afterLoading(({ sendPicture }) => sendPicture()),
    setPictureSeconds: (seconds: number) => (pictureSeconds.value = seconds),
    forget: () => (signals.pictures.value = []),
  };
}
