/** A user with a subscription, in the profile and at Stripe. */

import type { Person, Stage } from "./stage.ts";

export async function subscribed(stage: Stage, { id }: Person): Promise<void> {
  await stage.sql`update public.profiles set subscription_id = 'sub_1', subscription_status = 'active',
    billing_period = 'monthly', cancel_at_period_end = false where id = ${id}`;
}

export function subscription(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    "GET /v1/subscriptions/sub_1": {
      id: "sub_1",
      object: "subscription",
      status: "active",
      cancel_at_period_end: false,
      items: { object: "list", data: [{ price: { recurring: { interval: "month" } } }] },
      ...changes,
    },
  };
}
