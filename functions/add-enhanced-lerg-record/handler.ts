import { z } from "zod";
import { audit } from "../_shared/audit.ts";
import { contract } from "../_shared/contract.ts";
import { text } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { judged, LergFields, LergRecord } from "../_shared/lerg.ts";

const addition = contract({
  slug: "add-enhanced-lerg-record",
  group: "lerg",
  summary: "Adds an area code.",
  callers: ["admin"],
  input: LergFields.extend({ npa: text(100) }),
  output: z.strictObject({ record: LergRecord }),
  status: 201,
  errors: ["conflict"],
});

export const handler = implement(addition, ({ input, user }, { database }) =>
  // The policies let only the service write; that the caller is an administrator has been asked of the database.
  judged(
    database.service.begin(async (sql) => {
      const [record] = await sql`insert into public.enhanced_lerg ${sql(input)} returning *`;
      await audit(sql, user, "lerg_record_added", { npa: input.npa });
      return { record: LergRecord.parse(record) };
    }),
  ));
