import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { implement } from "../_shared/implement.ts";

const cleanup = contract({
  slug: "cleanup-session",
  group: "sessions",
  summary: "Removes the sessions that have been silent for five minutes.",
  callers: ["service"],
  input: z.strictObject({}),
  output: z.strictObject({ removed: z.number().int() }),
  schedule: "*/5 * * * *",
});

export const handler = implement(cleanup, (_call, { database }) =>
  database.service.begin(async (sql) => {
    // Locked, so that each is counted by the one clean-up that removes it.
    const { count } = await sql`
      select from public.active_sessions where last_heartbeat < now() - interval '5 minutes'
      for update skip locked`;
    await sql`select public.cleanup_stale_sessions()`;
    return { removed: count };
  }));
