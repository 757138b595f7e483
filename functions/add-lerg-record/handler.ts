import postgres from "postgres";
import { z } from "zod";
import { audit } from "../_shared/audit.ts";
import { contract } from "../_shared/contract.ts";
import { Npa } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { LegacyRecord, untilRetired } from "../_shared/legacy_lerg.ts";
import { Refusal } from "../_shared/refusal.ts";

// The simple table checks no form, so it is checked here.
const Code = z.string().regex(/^[A-Z]{2}$/, "Two capital letters, such as NJ");

const addition = contract({
  slug: "add-lerg-record",
  group: "legacy_lerg",
  summary: "Adds an area code to the simple table.",
  callers: ["admin"],
  input: z.strictObject({ npa: Npa, state: Code, country: Code }),
  output: z.strictObject({ record: LegacyRecord }),
  status: 201,
  errors: ["conflict", "gone"],
});

export const handler = implement(addition, async ({ input, user }, { database }) => {
  const added = database.service.begin(async (sql) => {
    const [record] = await sql`insert into public.lerg_codes ${sql(input)}
      returning npa, state, country, last_updated`;
    await audit(sql, user, "simple_lerg_record_added", { npa: input.npa });
    return { record: LegacyRecord.parse(record) };
  });
  try {
    return await untilRetired("add-enhanced-lerg-record", added);
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || error.code !== "23505") throw error;
    throw new Refusal("conflict", `There is an area code ${input.npa} already`);
  }
});
