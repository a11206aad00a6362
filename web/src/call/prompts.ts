/** The system messages that the page itself sends to the model. The agent's file says everything else. */

const soFar =
  "The conversation so far is above. If an answer in it ends with (interrupted), the person did not hear all of that answer.";

export const interruption = `The connection was lost and is back. ${soFar} Continue from there. Do not greet again.`;

export const handoff =
  `Another assistant handed this call off to you. ${soFar} Introduce yourself in one short sentence, in the language ` +
  "of the conversation. Then continue with what the person asked for.";

/** Stands for a spoken turn that has no transcript. */
export const unheardTurn =
  "The person said something here that could not be understood. If nobody has answered it, ask them to say it again.";

export const missingTool = "This tool does not work right now. Say so in one short sentence, and continue without it.";

export function farewell(seconds: number): string {
  return `This call ends in ${seconds} seconds. Say goodbye now, in one short sentence, in the language of the conversation.`;
}
