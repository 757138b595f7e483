import { z } from "zod";
import { openPortal, pageOf, ReturnPath } from "../_shared/billing.ts";
import { contract } from "../_shared/contract.ts";
import { implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";
import { STRIPE_ENVIRONMENT, type WithStripe } from "../_shared/stripe.ts";

const opening = contract({
  slug: "create-portal-session",
  group: "billing",
  summary:
    "Opens the portal where the caller looks after a subscription: card, invoices, period, cancellation.",
  callers: ["user"],
  timeout: 30_000,
  environment: STRIPE_ENVIRONMENT,
  input: z.strictObject({ return_path: ReturnPath.default("/billing") }),
  output: z.strictObject({ url: z.url() }),
  errors: ["not_found", "payments_unavailable"],
});

export const handler = implement(opening, async (call, given: WithStripe) => {
  const { input, user } = call;
  const [profile] = await given.database.as(user, (sql) =>
    sql<{ customer: string | null }[]>`
      select stripe_customer_id as customer from public.profiles where id = ${user.id}`);
  const customer = profile?.customer ?? null;
  if (customer === null) throw new Refusal("not_found", "There is no subscription to look after");
  const page = pageOf(call, given, input.return_path);
  return { url: await openPortal(given.stripe, customer, page) };
});
