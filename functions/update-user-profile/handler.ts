import { z } from "zod";
import { leaveOne, lockAsAdministrator } from "../_shared/administrators.ts";
import { audit } from "../_shared/audit.ts";
import { contract } from "../_shared/contract.ts";
import type { Transaction } from "../_shared/database.ts";
import { UserId } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";
import { BillingPeriod, Profile, Role } from "../_shared/users.ts";

const Changes = z.strictObject({
  role: Role.optional(),
  subscription_status: z.string().regex(/^[a-z_]{1,50}$/, "A word such as trial or active").optional(),
  billing_period: BillingPeriod.nullable().optional(),
  plan_expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
});
type Changes = z.output<typeof Changes>;

const change = contract({
  slug: "update-user-profile",
  group: "users",
  summary: "Changes the given fields of a user's profile; the last administrator stays one.",
  callers: ["admin"],
  input: Changes.extend({ user_id: UserId })
    .refine((input) => Object.keys(input).length > 1, "Give at least one field to change"),
  output: z.strictObject({ user: Profile }),
  errors: ["not_found", "conflict"],
});

export const handler = implement(
  change,
  ({ input: { user_id: id, ...changes }, user }, { database }) =>
    database.service.begin(async (sql) => {
      const administrators = await lockAsAdministrator(sql, user);
      if (changes.role === "user") leaveOne(administrators, id);
      const [before] = await sql<Changes[]>`
      select role, subscription_status, billing_period, plan_expires_at
      from public.profiles where id = ${id} for update`;
      if (before === undefined) throw new Refusal("not_found", "There is no such user");
      const profile = await changed(sql, id, changes);
      await audit(sql, user, "user_modified", { user_id: id, changes: differences(before, changes) });
      return { user: profile };
    }),
);

async function changed(sql: Transaction, id: string, changes: Changes): Promise<z.output<typeof Profile>> {
  const [row] = await sql`
    update public.profiles set ${sql(changes)}, updated_at = now() where id = ${id}
    returning id, email, role, subscription_status, billing_period, plan_expires_at,
      coalesce(total_uploads, 0) as total_uploads, created_at`;
  return Profile.parse(row);
}

/** Each changed field with what it was and what it is. */
function differences(before: Changes, changes: Changes): Record<string, [string | null, string | null]> {
  const fields = Object.keys(changes) as (keyof Changes)[];
  return Object.fromEntries(fields.map((field) => [field, [before[field] ?? null, changes[field] ?? null]]));
}
