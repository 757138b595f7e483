import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { implement } from "../_shared/implement.ts";
import { LegacyRecord, untilRetired } from "../_shared/legacy_lerg.ts";

const listing = contract({
  slug: "get-lerg-data",
  group: "legacy_lerg",
  summary: "All area codes of the simple table.",
  callers: ["user", "service"],
  methods: ["GET", "POST"],
  input: z.strictObject({}),
  output: z.strictObject({ data: z.array(LegacyRecord) }),
  errors: ["gone"],
});

export const handler = implement(listing, ({ caller }, { database }) =>
  untilRetired(
    "get-enhanced-lerg-data",
    database.as(caller, async (sql) => {
      const rows = await sql`select npa, state, country, last_updated from public.lerg_codes order by npa`;
      return { data: z.array(LegacyRecord).parse(rows) };
    }),
  ));
