/** What every component receives: the signals that it draws, and the actions of its buttons. */

import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Agent } from "virtual:agents";
import type { Call } from "../call/call.ts";
import type { Choices } from "../page/choices.ts";
import type { CallControls } from "../controls/controls.ts";
import type { PageState } from "../page/page-state.ts";
import type { Recorder } from "../page/recorder.ts";

export type SheetName = "options" | "details" | "keyboard" | "note";

export interface Parts {
  readonly call: Call;
  readonly page: PageState;
  readonly controls: CallControls;
  readonly choices: Choices;
  readonly agent: ReadonlySignal<Agent>;
  /** The sheet that lies over the page. */
  readonly sheet: Signal<SheetName | undefined>;
  /** What the assistant displayed last. */
  readonly note: Signal<string>;
  /** Undefined until somebody asks for a recording. */
  readonly recorder: Signal<Recorder | undefined>;
  /** A newer version of the page is ready. */
  readonly update: Signal<boolean>;
  /** A part of the page did not come when it was needed. */
  readonly isIncomplete: Signal<boolean>;
  /** Somebody is about to press the button. */
  readonly aim: () => void;
  /** Loads the page again, in its newest version. */
  readonly reload: () => void;
  readonly forget: () => Promise<void>;
}

export function closedSheet(): Signal<SheetName | undefined> {
  return signal(undefined);
}
