/** A subscription as the profile has it beside what Stripe has, for those who look for what is wrong. */

import type Stripe from "stripe";
import { z } from "zod";
import type { Sql, Transaction } from "./database.ts";
import { Refusal } from "./refusal.ts";
import { fromStripe } from "./stripe.ts";

const State = z.strictObject({
  subscription_id: z.string().nullable(),
  status: z.string().nullable(),
  billing_period: z.string().nullable(),
  cancel_at_period_end: z.boolean(),
});
type State = z.output<typeof State>;

export const Compared = z.strictObject({
  user_id: z.uuid(),
  profile: State,
  stripe: State.nullable(),
  differences: z.array(State.keyof()),
});

const PERIODS: Record<string, string> = { month: "monthly", year: "annual" };

/** The profile's state, as far as the statement's role may see it. */
export async function profileState(sql: Sql | Transaction, id: string): Promise<State> {
  const [profile] = await sql<State[]>`
    select subscription_id, subscription_status as status, billing_period,
      coalesce(cancel_at_period_end, false) as cancel_at_period_end
    from public.profiles where id = ${id}`;
  if (profile === undefined) throw new Refusal("not_found", "There is no such user");
  return profile;
}

/** The state beside Stripe's, and the fields in which they differ. */
export async function compare(
  profile: State,
  stripe: Stripe,
  id: string,
): Promise<z.output<typeof Compared>> {
  const live = profile.subscription_id === null ? null : await retrieve(stripe, profile.subscription_id);
  return { user_id: id, profile, stripe: live, differences: differences(profile, live) };
}

async function retrieve(stripe: Stripe, id: string): Promise<State | null> {
  const subscription = await fromStripe(stripe.subscriptions.retrieve(id));
  if (subscription === undefined) return null;
  return {
    subscription_id: subscription.id,
    status: subscription.status,
    billing_period: PERIODS[subscription.items.data[0]?.price.recurring?.interval ?? ""] ?? null,
    cancel_at_period_end: subscription.cancel_at_period_end,
  };
}

function differences(profile: State, live: State | null): (keyof State)[] {
  if (live === null) return profile.subscription_id === null ? [] : ["subscription_id"];
  return (Object.keys(live) as (keyof State)[]).filter((field) => profile[field] !== live[field]);
}
