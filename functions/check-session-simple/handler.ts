import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { SessionToken } from "../_shared/fields.ts";
import { implement, type Platform } from "../_shared/implement.ts";
import { alive, type SessionTokens } from "../_shared/sessions.ts";

const checking = contract({
  slug: "check-session-simple",
  group: "debug",
  summary: "Whether a session of the caller's goes on: yes or no, and never a refusal for that.",
  callers: ["user"],
  environment: ["SESSION_SECRET"],
  input: z.strictObject({ token: SessionToken }),
  output: z.strictObject({ active: z.boolean() }),
});

interface Given extends Platform {
  readonly tokens: SessionTokens;
}

export const handler = implement(checking, async ({ input, user }, { database, tokens }: Given) => {
  const digest = await tokens.digest(user, input.token);
  const found = await database.as(
    user,
    (sql) => sql`select from public.active_sessions where session_token = ${digest} and ${alive(sql)}`,
  );
  return { active: found.length > 0 };
});
