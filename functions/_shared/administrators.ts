/** Changes to who may administer: one after the other, so that two of them can't leave nobody. */

import type { User } from "./caller.ts";
import type { Transaction } from "./database.ts";
import { Refusal } from "./refusal.ts";

/** Waits for other such changes, and gives the ids of those who may administer now. */
export async function lockAdministrators(sql: Transaction): Promise<ReadonlySet<string>> {
  await sql`select id from public.profiles where role = 'admin' order by id for update`;
  // Anew, after the wait: what the change before this one did is seen only by another statement.
  const rows = await sql<{ id: string }[]>`
    select profile.id from public.profiles as profile join auth.users as account using (id)
    where profile.role = 'admin' and coalesce(account.banned_until < now(), true) and account.deleted_at is null`;
  return new Set(rows.map(({ id }) => id));
}

/** The same, for an administrator who must still be one. */
export async function lockAsAdministrator(sql: Transaction, actor: User): Promise<ReadonlySet<string>> {
  const administrators = await lockAdministrators(sql);
  if (!administrators.has(actor.id)) throw new Refusal("forbidden", "Only for: admin");
  return administrators;
}

/** Refuses what would take the last administrator away. */
export function leaveOne(administrators: ReadonlySet<string>, without: string): void {
  if (administrators.size === 1 && administrators.has(without)) {
    throw new Refusal("conflict", "This is the last administrator; make another one first");
  }
}
