/** What this page itself tells the model, as system messages; all else the agent's file says. */

export const interruption =
  "The connection was interrupted and is back. What was said before stands above; what ends with (interrupted) was not " +
  "heard to its end. Go on from there; do not greet again.";

export const handover =
  "This call was handed over to you by another assistant. What was said before stands above; what ends with " +
  "(interrupted) was not heard to its end. Introduce yourself in one short sentence, in the language of the " +
  "conversation, and go on with what was asked.";

/** In the place of a spoken turn whose words never came. */
export const unheardTurn =
  "Here the person said something that could not be understood. If nobody has answered it, ask them to say it again.";

export const missingTool = "This tool does not work at the moment. Say so in one short sentence, and go on without it.";

export function farewell(seconds: number): string {
  return `This call ends in ${seconds} seconds. Say goodbye now, in one short sentence, in the language of the conversation.`;
}
