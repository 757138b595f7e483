import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";
import { fromStripe, STRIPE_ENVIRONMENT, type WithStripe } from "../_shared/stripe.ts";

const asking = contract({
  slug: "get-stripe-account",
  group: "debug",
  summary: "Which Stripe account the configured key belongs to, and whether it can take payments.",
  callers: ["admin"],
  methods: ["GET", "POST"],
  timeout: 30_000,
  environment: STRIPE_ENVIRONMENT,
  input: z.strictObject({}),
  output: z.strictObject({
    id: z.string(),
    country: z.string().nullable(),
    charges_enabled: z.boolean(),
    payouts_enabled: z.boolean(),
  }),
  errors: ["not_found", "payments_unavailable"],
});

export const handler = implement(asking, async (_call, { stripe }: WithStripe) => {
  const account = await fromStripe(stripe.accounts.retrieveCurrent());
  if (account === undefined) throw new Refusal("not_found", "The key belongs to no account");
  return {
    id: account.id,
    country: account.country ?? null,
    charges_enabled: account.charges_enabled,
    payouts_enabled: account.payouts_enabled,
  };
});
