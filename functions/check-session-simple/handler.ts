import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { SessionToken } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { alive, type WithTokens } from "../_shared/sessions.ts";

const checking = contract({
  slug: "check-session-simple",
  group: "debug",
  summary: "Whether a session of the caller's goes on: yes or no, and never a refusal for that.",
  callers: ["user"],
  environment: ["SESSION_SECRET"],
  input: z.strictObject({ token: SessionToken }),
  output: z.strictObject({ active: z.boolean() }),
});

export const handler = implement(checking, async ({ input, user }, { database, tokens }: WithTokens) => {
  const digest = await tokens.digest(user, input.token);
  const found = await database.as(
    user,
    (sql) => sql`select from public.active_sessions where session_token = ${digest} and ${alive(sql)}`,
  );
  return { active: found.length > 0 };
});
