import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { trouble } from "../_shared/database.ts";
import { implement } from "../_shared/implement.ts";

const LONGEST_ADDRESS = 254;

const check = contract({
  slug: "pre-login-check",
  group: "sessions",
  summary: "Whether a sign-in can be tried now with an address of this form; not whether it has an account.",
  callers: ["anyone"],
  maxBytes: 1_024,
  input: z.strictObject({ email: z.email().max(LONGEST_ADDRESS) }),
  output: z.strictObject({ allowed: z.boolean(), reason: z.enum(["sign_in_unavailable"]).nullable() }),
});

export const handler = implement(check, async (_call, { database }) => {
  try {
    // The address is not part of it: neither the answer nor the time it takes can tell who has an account.
    await database.service`select 1`;
    return { allowed: true, reason: null };
  } catch (error) {
    if (trouble(error) === undefined) throw error;
    return { allowed: false, reason: "sign_in_unavailable" as const };
  }
});
