/** A few choices kept on this device, under one name each. */

import { fields, type Fields } from "../protocol/events.ts";

export interface Store {
  read(): Fields;
  write(values: Fields): void;
}

/** Where the browser keeps nothing, the choices hold for this visit. */
export function keptAs(name: string): Store {
  return {
    read() {
      try {
        return fields(JSON.parse(localStorage.getItem(name) ?? "{}"));
      } catch {
        return {};
      }
    },
    write(values) {
      try {
        localStorage.setItem(name, JSON.stringify(values));
      } catch {
        // full, or refused: nothing is lost that cannot be chosen again
      }
    },
  };
}
