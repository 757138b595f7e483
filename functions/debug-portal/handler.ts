import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { implement } from "../_shared/implement.ts";
import { fromStripe, STRIPE_ENVIRONMENT, type WithStripe } from "../_shared/stripe.ts";

const debugging = contract({
  slug: "debug-portal",
  group: "debug",
  summary:
    "What a customer portal for the caller would need: a customer in the profile and at Stripe, and a portal.",
  callers: ["user"],
  methods: ["GET", "POST"],
  timeout: 30_000,
  environment: STRIPE_ENVIRONMENT,
  input: z.strictObject({}),
  output: z.strictObject({
    customer_in_profile: z.boolean(),
    customer_at_stripe: z.boolean(),
    portal_configured: z.boolean(),
    ready: z.boolean(),
  }),
  errors: ["payments_unavailable"],
});

export const handler = implement(debugging, async ({ user }, { database, stripe }: WithStripe) => {
  const [profile] = await database.as(user, (sql) =>
    sql<{ customer: string | null }[]>`
      select stripe_customer_id as customer from public.profiles where id = ${user.id}`);
  const id = profile?.customer ?? null;
  const [customer, portals] = await Promise.all([
    id === null ? undefined : fromStripe(stripe.customers.retrieve(id)),
    fromStripe(stripe.billingPortal.configurations.list({ active: true, limit: 1 })),
  ]);
  const known = customer !== undefined && customer.deleted !== true;
  const configured = (portals?.data.length ?? 0) > 0;
  return {
    customer_in_profile: id !== null,
    customer_at_stripe: known,
    portal_configured: configured,
    ready: known && configured,
  };
});
