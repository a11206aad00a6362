/** What the model can do in the page: tools and handoffs. A chunk that is loaded after the first paint. */

import { agents } from "virtual:agents";
import type { Call } from "../call/call.ts";
import { Handoffs } from "./handoffs.ts";
import type { PageHost } from "./tools.ts";
import { ToolCalls } from "./tool-calls.ts";

export function runTools(call: Call, host: PageHost, tell: (problem: string) => void): void {
  new ToolCalls(call, host).on("problem", tell);
  new Handoffs(call, agents); // after it: a handoff that is refused is one of a response's calls
}
