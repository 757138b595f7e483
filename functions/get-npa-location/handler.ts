import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { Npa } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";

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

export const handler = implement(location, async ({ input }, { database }) => {
  // The function runs with its owner's rights whoever calls it, so the caller's claims would be a round trip for nothing.
  const [found] = await database.service<z.input<typeof Location>[]>`
    select npa, display_location, full_location, category, confidence_score::float8
    from public.get_npa_info(${input.npa})`;
  if (found === undefined) throw new Refusal("not_found", `There is no area code ${input.npa}`);
  return found;
});
