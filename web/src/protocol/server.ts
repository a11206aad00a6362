/** The requests to this deployment's own server, each remembered until it is answered. */

const unanswered = new Set<Promise<unknown>>();

/** As `fetch` does. */
export function askServer(path: string, options: RequestInit): Promise<Response> {
  const asked = fetch(path, options);
  unanswered.add(asked);
  return asked.finally(() => unanswered.delete(asked));
}

/** Resolves when what was asked until now is answered or has failed. */
export async function answered(): Promise<void> {
  await Promise.allSettled(unanswered);
}
