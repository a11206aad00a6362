/** What each tool of the page does. The model reads their descriptions in functions/voicemint/agents/page_tools.json. */

import { tool } from "@openai/agents-realtime";
import declared from "../../../functions/voicemint/agents/page_tools.json";
import { fields, type Fields } from "../protocol/events.ts";

export type ToolName = keyof typeof declared;

/** The page, as its tools may use it. */
export interface PageHost {
  /** Shows a text to read and copy: true once it is there, false when something else lies over the page. May reject. */
  display(text: string): Promise<boolean>;
  /** Ends the call, as the agent's wish. */
  hangUp(): void;
}

export interface ToolWorld extends Pick<PageHost, "display"> {
  /** Ends the call as soon as the goodbye is heard. */
  hangUpAfterGoodbye(): void;
}

const TEXT_LETTERS = 2_000;

const TOOLS: Readonly<Record<ToolName, (given: Fields, world: ToolWorld) => Fields | Promise<Fields>>> = {
  local_time: () => localTime(new Date()),
  display_text: ({ text }, world) => {
    if (typeof text !== "string" || text.trim() === "" || text.length > TEXT_LETTERS) {
      return { error: `The text must have 1 to ${TEXT_LETTERS} characters.` };
    }
    return shown(world.display(text));
  },
  end_call: (_, world) => {
    world.hangUpAfterGoodbye();
    return { ending: "Say goodbye in one short sentence. The call ends after it." };
  },
};

/** Nothing counts as displayed before it is. */
async function shown(displayed: Promise<boolean>): Promise<Fields> {
  const busy = { error: "Something else is open on the screen. Read the text aloud instead." };
  const missing = { error: "The page could not show the text. Read it aloud instead." };
  return displayed.then((isShown) => (isShown ? { displayed: true } : busy), () => missing);
}

/** Date, time and zone of this device, in words that can be read aloud in any language. */
export function localTime(now: Date): Fields {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "full" }).format(now);
  const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" }).format(now);
  return { date, time, time_zone: timeZone };
}

/** These tools as the Agents SDK runs them. */
export function sdkTools(names: readonly ToolName[], world: ToolWorld) {
  return names.map((name) => {
    const { description, parameters } = declared[name];
    return tool({
      name,
      description,
      parameters: parameters as Parameters["parameters"],
      execute: (given) => TOOLS[name](fields(given), world),
    });
  });
}

interface Parameters {
  readonly parameters: { type: "object"; properties: Record<string, never>; required: string[]; additionalProperties: false };
}
