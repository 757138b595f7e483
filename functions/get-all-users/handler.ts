import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import type { Transaction } from "../_shared/database.ts";
import { text, Time } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { Page, Profile, Role } from "../_shared/users.ts";

const Sort = z.enum([
  "created_at",
  "email",
  "last_sign_in_at",
  "plan_expires_at",
  "role",
  "subscription_status",
  "total_uploads",
]);

const Listed = Profile.extend({ active: z.boolean(), last_sign_in_at: Time.nullable() });

const listing = contract({
  slug: "get-all-users",
  group: "users",
  summary: "All users by pages, searched by a part of the address or by id, with what they have uploaded.",
  callers: ["admin"],
  methods: ["GET", "POST"],
  input: z.strictObject({
    ...Page,
    search: text(254).optional(),
    role: Role.optional(),
    sort: Sort.default("created_at"),
    order: z.enum(["asc", "desc"]).default("desc"),
  }),
  output: z.strictObject({
    users: z.array(Listed),
    total: z.number().int(),
    page: z.number().int(),
    per_page: z.number().int(),
    uploads: z.strictObject({ total: z.number().int(), users: z.number().int(), most: z.number().int() }),
  }),
});

type Uploads = { readonly total: number; readonly users: number; readonly most: number };

export const handler = implement(listing, ({ input }, { database }) => {
  const { page, per_page: perPage, sort, order } = input;
  // One snapshot, so that a page and its total agree.
  return database.service.begin("isolation level repeatable read read only", async (sql) => {
    const users = await sql<z.input<typeof Listed>[]>`
      select * from (${matching(sql, input)}) as user_
      order by ${sql(sort)} ${order === "asc" ? sql`asc` : sql`desc`} nulls last, id
      limit ${perPage} offset ${(page - 1) * perPage}`;
    const [{ count, ...uploads }] = await sql<[Uploads & { count: number }]>`
      select count(*)::int, coalesce(sum(total_uploads), 0)::int as total,
        count(*) filter (where total_uploads > 0)::int as users, coalesce(max(total_uploads), 0) as most
      from (${matching(sql, input)}) as user_`;
    return { users, total: count, page, per_page: perPage, uploads };
  });
});

interface Search {
  readonly search?: string | null | undefined;
  readonly role?: string | null | undefined;
}

/** The users that a search means, each with what is known of the account. */
function matching(sql: Transaction, { search = null, role = null }: Search) {
  return sql`
    select profile.id, coalesce(profile.email, account.email) as email, profile.role,
      profile.subscription_status, profile.billing_period, profile.plan_expires_at,
      coalesce(profile.total_uploads, 0) as total_uploads, profile.created_at, account.last_sign_in_at,
      coalesce(account.banned_until < now(), true) as active
    from public.profiles as profile join auth.users as account using (id)
    where (${role}::text is null or profile.role = ${role})
      and (${search}::text is null or profile.id::text = lower(${search})
        or position(lower(${search}) in lower(coalesce(profile.email, account.email))) > 0)`;
}
