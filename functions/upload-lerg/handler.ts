import { z } from "zod";
import { audit } from "../_shared/audit.ts";
import { contract } from "../_shared/contract.ts";
import type { Transaction } from "../_shared/database.ts";
import { implement } from "../_shared/implement.ts";
import { judged } from "../_shared/lerg.ts";
import { type Line, readCsv } from "./csv.ts";

const upload = contract({
  slug: "upload-lerg",
  group: "lerg",
  summary:
    "Adds and changes area codes by a CSV file, all of it or nothing; those that it doesn't name stay.",
  callers: ["admin"],
  mediaType: "text/csv",
  maxBytes: 10 * 1024 * 1024,
  timeout: 60_000,
  input: z.string(),
  output: z.strictObject({
    added: z.number().int(),
    changed: z.number().int(),
    unchanged: z.number().int(),
    repeated: z.number().int(),
  }),
  errors: ["invalid_lines"],
});

export const handler = implement(upload, ({ input, user }, { database }) => {
  const { lines, repeated } = readCsv(input);
  return judged(
    database.service.begin(async (sql) => {
      const { added, changed } = await merge(sql, lines);
      await audit(sql, user, "lerg_uploaded", { lines: lines.length, added, changed });
      return { added, changed, unchanged: lines.length - added - changed, repeated };
    }),
  );
});

/** Puts the lines in, leaving rows alone that say the same already; an area code that was retired is back. */
async function merge(sql: Transaction, lines: readonly Line[]): Promise<{ added: number; changed: number }> {
  const [counted] = await sql<[{ added: number; changed: number }]>`
    with line as (
      select * from jsonb_to_recordset(${sql.json(lines as never)}) as line (
        npa text, country_code text, country_name text, state_province_code text, state_province_name text,
        region text, notes text
      )
    ), merged as (
      insert into public.enhanced_lerg as lerg
        (npa, country_code, country_name, state_province_code, state_province_name, region, notes)
      select npa, country_code, country_name, state_province_code, state_province_name, region, notes from line
      on conflict (npa) do update set
        country_code = excluded.country_code, country_name = excluded.country_name,
        state_province_code = excluded.state_province_code, state_province_name = excluded.state_province_name,
        region = excluded.region, notes = excluded.notes, is_active = true
      where (lerg.country_code, lerg.country_name, lerg.state_province_code, lerg.state_province_name,
             lerg.region, lerg.notes, lerg.is_active)
        is distinct from (excluded.country_code, excluded.country_name, excluded.state_province_code,
             excluded.state_province_name, excluded.region, excluded.notes, true)
      returning (xmax = 0) as added
    )
    select count(*) filter (where added)::int as added, count(*) filter (where not added)::int as changed
    from merged`;
  return counted;
}
