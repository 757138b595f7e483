import { z } from "zod";
import {
  BillingPeriod,
  current,
  isRunning,
  periodOf,
  SELLING_ENVIRONMENT,
  subscriptionsOf,
  synchronize,
  type WithPrices,
} from "../_shared/billing.ts";
import { contract } from "../_shared/contract.ts";
import { implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";
import { fromStripe } from "../_shared/stripe.ts";

const upgrading = contract({
  slug: "upgrade-subscription",
  group: "billing",
  summary: "Lets the caller pay by the year from now on; what is left of the month is taken off.",
  callers: ["user"],
  timeout: 30_000,
  environment: SELLING_ENVIRONMENT,
  input: z.strictObject({}),
  output: z.strictObject({ subscription_id: z.string(), billing_period: BillingPeriod }),
  errors: ["not_found", "conflict", "payment_declined", "payments_unavailable"],
});

export const handler = implement(upgrading, async ({ user }, given: WithPrices) => {
  const { database, stripe, prices } = given;
  const [profile] = await database.as(user, (sql) =>
    sql<{ customer: string | null }[]>`
      select stripe_customer_id as customer from public.profiles where id = ${user.id}`);
  const customer = profile?.customer ?? null;
  const subscription = customer === null ? undefined : current(await subscriptionsOf(stripe, customer));
  const item = subscription?.items.data[0];
  if (customer === null || subscription === undefined || item === undefined || !isRunning(subscription)) {
    throw new Refusal("not_found", "There is no subscription that runs");
  }
  if (periodOf(subscription) === "annual") throw new Refusal("conflict", "It is paid by the year already");
  const upgraded = await fromStripe(stripe.subscriptions.update(subscription.id, {
    items: [{ id: item.id, price: prices.annual }],
    cancel_at_period_end: false,
    proration_behavior: "always_invoice",
    // A year that isn't paid is none: the month goes on as it was.
    payment_behavior: "error_if_incomplete",
  }));
  if (upgraded === undefined) throw new Refusal("not_found", "Stripe does not know the plan");
  await synchronize(database, stripe, customer);
  return { subscription_id: upgraded.id, billing_period: "annual" as const };
});
