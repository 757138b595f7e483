/** The simple table of area codes, for as long as a project has it. */

import postgres from "postgres";
import { z } from "zod";
import { Npa, Time } from "./fields.ts";
import { Refusal } from "./refusal.ts";

export const LegacyRecord = z.strictObject({
  npa: Npa,
  state: z.string(),
  country: z.string(),
  last_updated: Time.nullable(),
});

const UNDEFINED_TABLE = "42P01";

/** The work's result, or that the table has been retired; `successor` is the function to call instead. */
export async function untilRetired<T>(successor: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || error.code !== UNDEFINED_TABLE) throw error;
    throw new Refusal("gone", `The simple table has been retired; call ${successor}`);
  }
}
