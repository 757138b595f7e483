import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import type { Database } from "../_shared/database.ts";
import { Npa } from "../_shared/fields.ts";
import { implement, type Platform } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";
import { Together } from "../_shared/together.ts";

const Location = z.strictObject({
  npa: Npa,
  display_location: z.string(),
  full_location: z.string(),
  category: z.string(),
  confidence_score: z.number(),
});

const location = contract({
  slug: "get-npa-location",
  group: "lerg",
  summary: "Where one area code is.",
  callers: ["user", "service"],
  methods: ["GET", "POST"],
  input: z.strictObject({ npa: Npa }),
  output: Location,
  errors: ["not_found"],
});

type Location = z.input<typeof Location>;

interface Given extends Platform {
  readonly lookups: Together<string, Location>;
}

export const newLookups = () => new Together<string, Location>();

export const handler = implement(location, async ({ input: { npa } }, { database, lookups }: Given) => {
  const found = await lookups.ask(npa, (npas) => locations(database, npas));
  if (found === undefined) throw new Refusal("not_found", `There is no area code ${npa}`);
  return found;
});

/** The function runs with its owner's rights whoever calls it, so the caller's claims would be a round trip for nothing. */
async function locations({ service }: Database, npas: readonly string[]): Promise<Map<string, Location>> {
  const rows = await service<Location[]>`
    select npa, display_location, full_location, category, confidence_score::float8
    from unnest(string_to_array(${npas.join()}, ',')) as asked, public.get_npa_info(asked)`;
  return new Map(rows.map((row) => [row.npa, row]));
}
