import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { SessionToken, Time } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { alive, ended, type WithTokens } from "../_shared/sessions.ts";

const Session = z.strictObject({
  session_id: z.uuid(),
  created_at: Time,
  last_heartbeat: Time,
  expires_at: Time,
});

const checking = contract({
  slug: "check-session",
  group: "sessions",
  summary: "Whether a session of the caller's goes on, without keeping it alive.",
  callers: ["user"],
  environment: ["SESSION_SECRET"],
  input: z.strictObject({ token: SessionToken }),
  output: Session,
  errors: ["session_ended"],
});

export const handler = implement(checking, async ({ input, user }, { database, tokens }: WithTokens) => {
  const digest = await tokens.digest(user, input.token);
  const [session] = await database.as(user, (sql) =>
    sql<z.input<typeof Session>[]>`
      select id as session_id, created_at, last_heartbeat, last_heartbeat + interval '5 minutes' as expires_at
      from public.active_sessions where session_token = ${digest} and ${alive(sql)}`);
  if (session === undefined) throw ended();
  return session;
});
