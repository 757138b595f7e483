import type Stripe from "stripe";
import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import type { Environment } from "../_shared/environment.ts";
import { implement } from "../_shared/implement.ts";
import { fromStripe, STRIPE_ENVIRONMENT, type WithStripe } from "../_shared/stripe.ts";

const PRICES = { monthly: "STRIPE_PRICE_ID_MONTHLY", annual: "STRIPE_PRICE_ID_ANNUAL" } as const;

const Price = z.strictObject({
  found: z.boolean(),
  active: z.boolean(),
  amount: z.number().int().nullable(),
  currency: z.string().nullable(),
  interval: z.string().nullable(),
});

const testing = contract({
  slug: "test-stripe",
  group: "debug",
  summary: "Whether Stripe can be reached with the configured key, and knows the configured prices.",
  callers: ["admin"],
  methods: ["GET", "POST"],
  timeout: 30_000,
  environment: [...STRIPE_ENVIRONMENT, ...Object.values(PRICES)],
  input: z.strictObject({}),
  output: z.strictObject({ live: z.boolean(), prices: z.strictObject({ monthly: Price, annual: Price }) }),
  errors: ["payments_unavailable"],
});

interface Given extends WithStripe {
  readonly environment: Environment;
}

export const handler = implement(testing, async (_call, { stripe, environment }: Given) => {
  const ask = (name: string) => fromStripe(stripe.prices.retrieve(environment[name] ?? ""));
  const [balance, monthly, annual] = await Promise.all([
    fromStripe(stripe.balance.retrieve()),
    ask(PRICES.monthly),
    ask(PRICES.annual),
  ]);
  return { live: balance?.livemode ?? false, prices: { monthly: told(monthly), annual: told(annual) } };
});

function told(price: Stripe.Price | undefined): z.input<typeof Price> {
  return {
    found: price !== undefined,
    active: price?.active ?? false,
    amount: price?.unit_amount ?? null,
    currency: price?.currency ?? null,
    interval: price?.recurring?.interval ?? null,
  };
}
