/** What administrators change is recorded where Supabase records what happens to accounts. */

import type { Caller } from "./caller.ts";
import type { Transaction } from "./database.ts";

type Trait = string | number | boolean | null | readonly Trait[] | { readonly [name: string]: Trait };

/** One record in the transaction of the change itself: neither is ever there without the other. */
export async function audit(
  sql: Transaction,
  actor: Caller,
  action: string,
  traits: Record<string, Trait>,
): Promise<void> {
  const payload = {
    action,
    actor_id: actor.kind === "user" ? actor.id : null,
    log_type: "admin",
    traits,
  };
  await sql`insert into auth.audit_log_entries (id, payload, created_at)
    values (gen_random_uuid(), ${sql.json(payload as never)}, now())`;
}
