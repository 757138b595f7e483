import { z } from "zod";
import { audit } from "../_shared/audit.ts";
import { contract } from "../_shared/contract.ts";
import { Time, UserId } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";

const setting = contract({
  slug: "set-trial-tier",
  group: "trial",
  summary:
    "Puts a user without a subscription on a trial of some days from now. There is one plan, so no tier is asked for.",
  callers: ["admin"],
  input: z.strictObject({ user_id: UserId, days: z.number().int().min(1).max(90).default(7) }),
  output: z.strictObject({
    user_id: z.uuid(),
    subscription_status: z.literal("trial"),
    plan_expires_at: Time,
  }),
  errors: ["not_found", "conflict"],
});

export const handler = implement(
  setting,
  ({ input: { user_id: id, days }, user }, { database }) =>
    database.service.begin(async (sql) => {
      const [profile] = await sql<{ subscribed: boolean }[]>`
      select subscription_id is not null and subscription_status is distinct from 'canceled' as subscribed
      from public.profiles where id = ${id} for update`;
      if (profile === undefined) throw new Refusal("not_found", "There is no such user");
      if (profile.subscribed) throw new Refusal("conflict", "The user has a subscription");
      const [trial] = await sql<[{ plan_expires_at: string }]>`
      update public.profiles
      set subscription_status = 'trial', billing_period = null, updated_at = now(),
        plan_expires_at = now() + make_interval(days => ${days})
      where id = ${id} returning plan_expires_at`;
      await audit(sql, user, "trial_set", { user_id: id, days });
      return { user_id: id, subscription_status: "trial" as const, ...trial };
    }),
);
