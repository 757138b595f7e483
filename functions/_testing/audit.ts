/** What administrators did, as it was recorded. */

import type { Stage } from "./stage.ts";

/** What was recorded, newest first. */
export async function audited(stage: Stage, action: string): Promise<Record<string, unknown>[]> {
  const rows = await stage.sql<{ payload: Record<string, unknown> }[]>`
    select payload from auth.audit_log_entries where payload ->> 'action' = ${action} order by created_at desc`;
  return rows.map(({ payload }) => payload);
}
