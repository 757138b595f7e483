import { isIP } from "node:net";
import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { SessionToken, text, Time } from "../_shared/fields.ts";
import { type Call, implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";
import { alive, ended, type WithTokens } from "../_shared/sessions.ts";

const LONGEST_USER_AGENT = 500;

const BrowserInfo = z.record(text(50), text(200))
  .refine((info) => Object.keys(info).length <= 20, "May have 20 entries at most");

const Input = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("start"), browser_info: BrowserInfo.optional() }),
  z.strictObject({ action: z.literal("heartbeat"), token: SessionToken }),
  z.strictObject({ action: z.literal("end"), token: SessionToken }),
]);

const Output = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("start"), session_id: z.uuid(), token: SessionToken, created_at: Time }),
  z.strictObject({ action: z.literal("heartbeat"), session_id: z.uuid(), last_heartbeat: Time }),
  z.strictObject({ action: z.literal("end"), ended: z.boolean() }),
]);

const managing = contract({
  slug: "manage-session",
  group: "sessions",
  summary:
    "Starts a session of the caller's, keeps it alive, or ends it; five minutes without a heartbeat end it too.",
  callers: ["user"],
  environment: ["SESSION_SECRET"],
  input: Input,
  output: Output,
  errors: ["session_ended"],
});

type Managing<Action> = Call<Extract<z.output<typeof Input>, { action: Action }>>;

export const handler = implement(managing, (call, given: WithTokens) => {
  switch (call.input.action) {
    case "start":
      return start(call as Managing<"start">, given);
    case "heartbeat":
      return heartbeat(call as Managing<"heartbeat">, given);
    case "end":
      return end(call as Managing<"end">, given);
  }
});

// All three write as the service, and name the caller's own rows: users needn't be let to write the table themselves.

async function start(
  { input, user, request }: Managing<"start">,
  { database: { service }, tokens }: WithTokens,
) {
  const token = tokens.make();
  const [row] = await service<{ session_id: string; created_at: string }[]>`
    insert into public.active_sessions (user_id, session_token, user_agent, ip_address, browser_info)
    select profile.id, ${await tokens.digest(user, token)}, ${userAgent(request)}, ${address(request)}::inet,
      ${service.json(input.browser_info ?? {})}
    from public.profiles as profile join auth.users as account using (id)
    where profile.id = ${user.id} and coalesce(account.banned_until < now(), true) and account.deleted_at is null
    returning id as session_id, created_at`;
  if (row === undefined) throw new Refusal("forbidden", "The account is closed");
  return { action: "start" as const, ...row, token };
}

async function heartbeat(
  { input, user }: Managing<"heartbeat">,
  { database: { service }, tokens }: WithTokens,
) {
  const [row] = await service<{ session_id: string; last_heartbeat: string }[]>`
    update public.active_sessions set last_heartbeat = now()
    where user_id = ${user.id} and session_token = ${await tokens.digest(user, input.token)} and ${
    alive(service)
  }
    returning id as session_id, last_heartbeat`;
  if (row === undefined) throw ended();
  return { action: "heartbeat" as const, ...row };
}

async function end({ input, user }: Managing<"end">, { database: { service }, tokens }: WithTokens) {
  const { count } = await service`
    delete from public.active_sessions
    where user_id = ${user.id} and session_token = ${await tokens.digest(user, input.token)}`;
  return { action: "end" as const, ended: count > 0 };
}

/** What the browser calls itself, cut to what a row should hold. */
function userAgent(request: Request): string | null {
  return request.headers.get("user-agent")?.slice(0, LONGEST_USER_AGENT).toWellFormed() ?? null;
}

/** The caller's address, as the platform's proxy was told it. */
function address(request: Request): string | null {
  const first = request.headers.get("x-forwarded-for")?.split(",", 1)[0]?.trim() ?? "";
  return isIP(first) === 0 ? null : first;
}
