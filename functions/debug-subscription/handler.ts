import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { implement } from "../_shared/implement.ts";
import { STRIPE_ENVIRONMENT, type WithStripe } from "../_shared/stripe.ts";
import { compare, Compared, profileState } from "../_shared/subscription_state.ts";

const debugging = contract({
  slug: "debug-subscription",
  group: "debug",
  summary: "The caller's subscription as the profile has it, as Stripe has it, and where they differ.",
  callers: ["user"],
  methods: ["GET", "POST"],
  timeout: 30_000,
  environment: STRIPE_ENVIRONMENT,
  input: z.strictObject({}),
  output: Compared,
  errors: ["not_found", "payments_unavailable"],
});

export const handler = implement(debugging, async ({ user }, { database, stripe }: WithStripe) => {
  const profile = await database.as(user, (sql) => profileState(sql, user.id));
  return await compare(profile, stripe, user.id);
});
