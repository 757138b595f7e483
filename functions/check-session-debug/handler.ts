import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { SessionToken } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { alive, type WithTokens } from "../_shared/sessions.ts";

const debugging = contract({
  slug: "check-session-debug",
  group: "debug",
  summary: "Why a session of the caller's goes on or not.",
  callers: ["user"],
  environment: ["SESSION_SECRET"],
  input: z.strictObject({ token: SessionToken }),
  output: z.strictObject({
    found: z.boolean(),
    alive: z.boolean(),
    is_active: z.boolean().nullable(),
    idle_seconds: z.number().int().nullable(),
    sessions_of_user: z.number().int(),
  }),
});

interface Session {
  readonly is_active: boolean | null;
  readonly idle_seconds: number | null;
  readonly alive: boolean;
}

export const handler = implement(debugging, async ({ input, user }, { database, tokens }: WithTokens) => {
  const digest = await tokens.digest(user, input.token);
  return await database.as(user, async (sql) => {
    const [[session], [{ count }]] = await Promise.all([
      sql<Session[]>`
        select is_active, extract(epoch from now() - last_heartbeat)::int as idle_seconds,
          coalesce(${alive(sql)}, false) as alive
        from public.active_sessions where session_token = ${digest}`,
      sql<[{ count: number }]>`select count(*)::int from public.active_sessions`,
    ]);
    return {
      found: session !== undefined,
      alive: session?.alive ?? false,
      is_active: session?.is_active ?? null,
      idle_seconds: session?.idle_seconds ?? null,
      sessions_of_user: count,
    };
  });
});
