/** Sessions of people in tests. */

import { SessionTokens } from "../_shared/sessions.ts";
import { handler as manage } from "../manage-session/handler.ts";
import type { Person, Stage } from "./stage.ts";

export const tokens = new SessionTokens("a session secret of the tests alone");

export interface Session {
  readonly id: string;
  readonly token: string;
}

/** A session as `manage-session` starts it. */
export async function started(stage: Stage, { token }: Person): Promise<Session> {
  const { data } = await stage.callWith(manage, { tokens }, { token, json: { action: "start" } });
  if (data.action !== "start") throw new TypeError("not started");
  return { id: data.session_id, token: data.token };
}

/** Lets a session have been silent for so long. */
export async function silence(stage: Stage, { id }: Session, interval: string): Promise<void> {
  await stage
    .sql`update public.active_sessions set last_heartbeat = now() - ${interval}::interval where id = ${id}`;
}

export async function sessionsOf(stage: Stage, { id }: Person): Promise<number> {
  return (await stage.sql`select from public.active_sessions where user_id = ${id}`).length;
}
