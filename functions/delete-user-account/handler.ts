import { z } from "zod";
import { leaveOne, lockAdministrators } from "../_shared/administrators.ts";
import { audit } from "../_shared/audit.ts";
import { contract } from "../_shared/contract.ts";
import { implement, type Platform } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";
import { SUBSCRIPTION_ENVIRONMENT, type Subscriptions } from "../_shared/subscriptions.ts";

const deletion = contract({
  slug: "delete-user-account",
  group: "users",
  summary:
    "Deletes the caller's own account with all that belongs to it, once its subscription has been ended.",
  callers: ["user"],
  timeout: 30_000,
  environment: SUBSCRIPTION_ENVIRONMENT,
  input: z.strictObject({}),
  output: z.strictObject({ deleted: z.literal(true) }),
  errors: ["conflict", "payments_unavailable"],
});

interface Given extends Platform {
  readonly subscriptions: Subscriptions;
}

export const handler = implement(deletion, async ({ user }, { database, subscriptions }: Given) => {
  // Whoever asks again, after an answer that never came, is told the same.
  const [profile] = await database.service<{ subscription_id: string | null }[]>`
    select subscription_id from public.profiles where id = ${user.id}`;
  const ended = profile?.subscription_id ?? null;
  if (ended !== null) await subscriptions.end(ended);
  await database.service.begin(async (sql) => {
    leaveOne(await lockAdministrators(sql), user.id);
    const [now] = await sql<{ subscription_id: string | null }[]>`
      select subscription_id from public.profiles where id = ${user.id} for update`;
    // Paid for in the meantime: nobody may be charged for an account that is gone.
    if (now !== undefined && now.subscription_id !== null && now.subscription_id !== ended) {
      throw new Refusal("conflict", "A subscription has begun just now; try again");
    }
    const { count } = await sql`delete from auth.users where id = ${user.id}`;
    if (count > 0) await audit(sql, user, "user_deleted", { user_id: user.id });
  });
  return { deleted: true as const };
});
