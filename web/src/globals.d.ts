declare module "*.css";

/** Made by tools/agents-plugin.ts from functions/agents/*.toml. */
declare module "virtual:agents" {
  export interface Agent {
    /** The file's name: what the page sends to /api/client-secrets. */
    readonly name: string;
    readonly label: string;
    /** The message that the model gets when the call opens; empty if the person speaks first. */
    readonly greeting: string;
    readonly model: string;
    readonly voice: string;
    readonly setup: "client-secret" | "unified";
    readonly max_call_minutes: number;
    /** Which tools the page runs for this agent: names in functions/voicemint/agents/page_tools.json. */
    readonly page_tools: readonly (keyof typeof import("../../functions/voicemint/agents/page_tools.json"))[];
    /** Names of other agents that this one may hand a call over to. */
    readonly handoffs: readonly string[];
  }
  export const agents: readonly [Agent, ...Agent[]];
}
