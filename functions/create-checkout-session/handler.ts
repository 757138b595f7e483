import { z } from "zod";
import {
  BillingPeriod,
  customerOf,
  isRunning,
  openPortal,
  pageOf,
  ReturnPath,
  SELLING_ENVIRONMENT,
  subscriptionsOf,
  type WithPrices,
} from "../_shared/billing.ts";
import { contract } from "../_shared/contract.ts";
import { implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";
import { fromStripe, type WithStripe } from "../_shared/stripe.ts";

const checkout = contract({
  slug: "create-checkout-session",
  group: "billing",
  summary:
    "Opens the page where the caller subscribes; whoever has a subscription that runs gets the portal.",
  callers: ["user"],
  timeout: 30_000,
  environment: SELLING_ENVIRONMENT,
  input: z.strictObject({ billing_period: BillingPeriod, return_path: ReturnPath.default("/billing") }),
  output: z.strictObject({ kind: z.enum(["checkout", "portal"]), url: z.url() }),
  errors: ["not_found", "payments_unavailable"],
});

export const handler = implement(checkout, async (call, given: WithPrices) => {
  const { input, user } = call;
  const customer = await customerOf(user.id, given);
  const page = pageOf(call, given, input.return_path);
  if ((await subscriptionsOf(given.stripe, customer)).some(isRunning)) {
    return { kind: "portal" as const, url: await openPortal(given.stripe, customer, page) };
  }
  await closeOthers(given, customer);
  const session = await fromStripe(given.stripe.checkout.sessions.create({
    mode: "subscription",
    customer,
    client_reference_id: user.id,
    line_items: [{ price: given.prices[input.billing_period], quantity: 1 }],
    subscription_data: { metadata: { user_id: user.id } },
    success_url: withResult(page, "success"),
    cancel_url: withResult(page, "cancelled"),
  }));
  if (!session?.url) throw new Refusal("not_found", "Stripe does not know the plan or the customer");
  return { kind: "checkout" as const, url: session.url };
});

/** Nobody may pay twice on two pages. */
async function closeOthers({ stripe }: WithStripe, customer: string): Promise<void> {
  const open = await fromStripe(stripe.checkout.sessions.list({ customer, status: "open", limit: 100 }));
  await Promise.all((open?.data ?? []).map(({ id }) => fromStripe(stripe.checkout.sessions.expire(id))));
}

function withResult(page: string, result: string): string {
  const url = new URL(page);
  url.searchParams.set("checkout", result);
  return url.href;
}
