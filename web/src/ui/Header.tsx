import { money } from "../language/figures.ts";
import { words } from "../language/words.ts";
import { DetailsIcon, OptionsIcon } from "./icons.tsx";
import type { Parts, SheetName } from "./parts.ts";
import { StatusLine } from "./StatusLine.tsx";

export function Header(parts: Parts) {
  const { page } = parts;
  const { details, options, costTitle } = words.value;
  const cost = page.cost.value;
  const hasCost = cost.turns.some((usd) => usd > 0);
  return (
    <header class="top">
      <h1 class="brand">Voicemint</h1>
      <StatusLine page={page} />
      {hasCost && (
        <span class="cost">
          <span class="unseen">{costTitle}: </span>
          {money(cost.total.usd)}
        </span>
      )}
      <nav class="tools">
        <Opener {...parts} name="details" label={details}>
          <DetailsIcon />
        </Opener>
        <Opener {...parts} name="options" label={options}>
          <OptionsIcon />
        </Opener>
      </nav>
    </header>
  );
}

interface OpenerProps extends Parts {
  readonly name: SheetName;
  readonly label: string;
  readonly children: preact.ComponentChildren;
}

function Opener({ sheet, name, label, children }: OpenerProps) {
  return (
    <button class="tool" type="button" aria-label={label} title={label} aria-haspopup="dialog" onClick={() => (sheet.value = name)}>
      {children}
    </button>
  );
}
