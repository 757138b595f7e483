import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import type { Transaction } from "../_shared/database.ts";
import { Time } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";
import { Page } from "../_shared/users.ts";

const Activity = z.strictObject({
  user_id: z.uuid(),
  email: z.string().nullable(),
  last_active_at: Time.nullable(),
  last_sign_in_at: Time.nullable(),
  sessions: z.number().int(),
  total_uploads: z.number().int(),
});

const Totals = z.strictObject({
  users: z.number().int(),
  active_last_day: z.number().int(),
  active_last_week: z.number().int(),
  active_last_month: z.number().int(),
  sessions: z.number().int(),
  uploads: z.number().int(),
});

const activity = contract({
  slug: "get-user-activity",
  group: "users",
  summary:
    "When users were last active, by pages with the latest first, or of one user; with what they have uploaded.",
  callers: ["admin"],
  methods: ["GET", "POST"],
  input: z.strictObject({ ...Page, user_id: z.uuid().optional() }),
  output: z.strictObject({
    totals: Totals,
    users: z.array(Activity),
    page: z.number().int(),
    per_page: z.number().int(),
  }),
  errors: ["not_found"],
});

export const handler = implement(activity, ({ input }, { database }) => {
  const { page, per_page: perPage, user_id: id = null } = input;
  return database.service.begin("isolation level repeatable read read only", async (sql) => {
    const users = await sql<z.input<typeof Activity>[]>`
      select * from (${known(sql)}) as user_ where ${id}::uuid is null or user_id = ${id}
      order by last_active_at desc nulls last, user_id
      limit ${perPage} offset ${(page - 1) * perPage}`;
    if (id !== null && users.length === 0) throw new Refusal("not_found", "There is no such user");
    const [totals] = await sql<[z.input<typeof Totals>]>`
      select count(*)::int as users,
        count(*) filter (where last_active_at > now() - interval '1 day')::int as active_last_day,
        count(*) filter (where last_active_at > now() - interval '7 days')::int as active_last_week,
        count(*) filter (where last_active_at > now() - interval '30 days')::int as active_last_month,
        coalesce(sum(sessions), 0)::int as sessions, coalesce(sum(total_uploads), 0)::int as uploads
      from (${known(sql)}) as user_`;
    return { totals, users, page, per_page: perPage };
  });
});

/** Every user with the latest sign of life: of a session, or of the sign-in. */
function known(sql: Transaction) {
  return sql`
    select profile.id as user_id, coalesce(profile.email, account.email) as email,
      greatest(account.last_sign_in_at, session.last_heartbeat) as last_active_at, account.last_sign_in_at,
      session.number as sessions, coalesce(profile.total_uploads, 0) as total_uploads
    from public.profiles as profile
    join auth.users as account using (id)
    cross join lateral (
      select count(*) filter (where last_heartbeat > now() - interval '5 minutes')::int as number,
        max(last_heartbeat) as last_heartbeat
      from public.active_sessions where user_id = profile.id
    ) as session`;
}
