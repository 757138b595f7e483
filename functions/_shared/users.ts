/** Users as administrators see them. */

import { z } from "zod";
import { Time } from "./fields.ts";

export const Role = z.enum(["user", "admin"]);
export const BillingPeriod = z.enum(["monthly", "annual"]);

export const Profile = z.strictObject({
  id: z.uuid(),
  email: z.string().nullable(),
  role: Role,
  subscription_status: z.string().nullable(),
  billing_period: BillingPeriod.nullable(),
  plan_expires_at: Time.nullable(),
  total_uploads: z.number().int(),
  created_at: Time.nullable(),
});

/** One page of a list; a query's numbers come as text. */
export const Page = {
  page: z.coerce.number<string | number>().int().min(1).max(1_000_000).default(1),
  per_page: z.coerce.number<string | number>().int().min(1).max(200).default(50),
};
