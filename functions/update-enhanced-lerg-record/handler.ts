import { z } from "zod";
import { audit } from "../_shared/audit.ts";
import { contract } from "../_shared/contract.ts";
import { Npa } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { judged, LergFields, LergRecord } from "../_shared/lerg.ts";
import { Refusal } from "../_shared/refusal.ts";

const change = contract({
  slug: "update-enhanced-lerg-record",
  group: "lerg",
  summary: "Changes the given fields of an area code; is_active false retires it.",
  callers: ["admin"],
  input: LergFields.partial().extend({ npa: Npa })
    .refine((input) => Object.keys(input).length > 1, "Give at least one field to change"),
  output: z.strictObject({ record: LergRecord }),
  errors: ["not_found"],
});

export const handler = implement(change, ({ input: { npa, ...changes }, user }, { database }) =>
  judged(
    database.service.begin(async (sql) => {
      const [record] = await sql`update public.enhanced_lerg set ${
        sql(changes)
      } where npa = ${npa} returning *`;
      if (record === undefined) throw new Refusal("not_found", `There is no area code ${npa}`);
      await audit(sql, user, "lerg_record_changed", { npa, fields: Object.keys(changes) });
      return { record: LergRecord.parse(record) };
    }),
  ));
