import { z } from "zod";
import { BillingPeriod, synchronize } from "../_shared/billing.ts";
import { contract } from "../_shared/contract.ts";
import { Time } from "../_shared/fields.ts";
import { implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";
import { STRIPE_ENVIRONMENT, type WithStripe } from "../_shared/stripe.ts";

const Status = z.strictObject({
  subscription_status: z.string().nullable(),
  /** Whether the caller may use what is paid for, by a payment or a trial that isn't over. */
  active: z.boolean(),
  billing_period: BillingPeriod.nullable(),
  plan_expires_at: Time.nullable(),
  current_period_end: Time.nullable(),
  cancel_at: Time.nullable(),
  cancel_at_period_end: z.boolean(),
  last_payment_date: Time.nullable(),
});

const checking = contract({
  slug: "check-subscription-status",
  group: "billing",
  summary: "What the caller has paid for, and until when; with `refresh` as Stripe has it at this moment.",
  callers: ["user"],
  methods: ["GET", "POST"],
  timeout: 30_000,
  environment: STRIPE_ENVIRONMENT,
  input: z.strictObject({ refresh: z.union([z.boolean(), z.stringbool()]).default(false) }),
  output: Status,
  errors: ["not_found", "payments_unavailable"],
});

type Row = z.input<typeof Status> & { readonly customer: string | null };

export const handler = implement(checking, async ({ input, user }, { database, stripe }: WithStripe) => {
  const read = () =>
    database.as(user, (sql) =>
      sql<Row[]>`
        select stripe_customer_id as customer, subscription_status, billing_period, plan_expires_at,
          current_period_end, cancel_at, coalesce(cancel_at_period_end, false) as cancel_at_period_end,
          last_payment_date,
          coalesce(subscription_status in ('active', 'trialing', 'past_due')
            or (subscription_status = 'trial' and plan_expires_at > now()), false) as active
        from public.profiles where id = ${user.id}`);
  let [row] = await read();
  if (input.refresh && row?.customer) {
    await synchronize(database, stripe, row.customer);
    [row] = await read();
  }
  if (row === undefined) throw new Refusal("not_found", "There is no profile");
  const { customer: _, ...status } = row;
  return status;
});
