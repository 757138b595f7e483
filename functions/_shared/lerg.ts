/** The enhanced table of area codes: its rows as they are sent, and what its constraints mean. */

import postgres from "postgres";
import { z } from "zod";
import { Npa, text, Time } from "./fields.ts";
import { Refusal } from "./refusal.ts";

/** What an administrator says of an area code. Its form is the table's to judge: see `judged`. */
export const LergFields = z.strictObject({
  country_code: text(100),
  country_name: text(1_000),
  state_province_code: text(100),
  state_province_name: text(1_000),
  region: text(1_000).nullable().optional(),
  notes: text(10_000).nullable().optional(),
  is_active: z.boolean().optional(),
});

export const LergRecord = z.strictObject({
  npa: Npa,
  country_code: z.string(),
  country_name: z.string(),
  state_province_code: z.string(),
  state_province_name: z.string(),
  region: z.string().nullable(),
  notes: z.string().nullable(),
  is_active: z.boolean().nullable(),
  created_at: Time.nullable(),
  updated_at: Time.nullable(),
});

const TWO_LETTERS = "Two capital letters, such as NJ";

/** What a line of an upload is held to beforehand, so that all bad lines are told at once: the table's own rules. */
export const LergLine = z.strictObject({
  npa: Npa,
  country_code: z.string().regex(/^[A-Z]{2}$/, TWO_LETTERS),
  country_name: text(100),
  state_province_code: z.string().regex(/^[A-Z]{2}$/, TWO_LETTERS),
  state_province_name: text(100),
  region: text(50).nullable().default(null),
  notes: text(10_000).nullable().default(null),
});

const CONSTRAINTS: Record<string, readonly [field: string, message: string]> = {
  valid_npa: ["npa", "Three digits, such as 201"],
  valid_country_code: ["country_code", TWO_LETTERS],
  valid_state_code: ["state_province_code", TWO_LETTERS],
};

/** The result of a change, or the refusal that the table's constraints gave. */
export async function judged<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof postgres.PostgresError)) return undefined;
  const { code, constraint_name: constraint = "" } = error;
  if (code === "23505") return new Refusal("conflict", "There is such an area code already");
  if (code === "22001") return new Refusal("invalid_input", "A text is longer than its column");
  const [at, message] = (code === "23514" && CONSTRAINTS[constraint]) || [];
  return at && message ? new Refusal("invalid_input", "The table refuses it", [{ at, message }]) : undefined;
}
