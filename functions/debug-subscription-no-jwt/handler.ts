import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { UserId } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { STRIPE_ENVIRONMENT, type WithStripe } from "../_shared/stripe.ts";
import { compare, Compared, profileState } from "../_shared/subscription_state.ts";

const debugging = contract({
  slug: "debug-subscription-no-jwt",
  group: "debug",
  summary:
    "Any user's subscription as debug-subscription tells it. The platform checks no token here, for those who look for a " +
    "fault in that check; the function still does, and lets in administrators and the service alone.",
  callers: ["admin", "service"],
  verifyJwt: false,
  timeout: 30_000,
  environment: STRIPE_ENVIRONMENT,
  input: z.strictObject({ user_id: UserId }),
  output: Compared,
  errors: ["not_found", "payments_unavailable"],
});

export const handler = implement(
  debugging,
  async ({ input: { user_id: id } }, { database, stripe }: WithStripe) =>
    compare(await profileState(database.service, id), stripe, id),
);
