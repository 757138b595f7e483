/** Area codes that no country has, for tests that add some. */

import type { Stage } from "./stage.ts";

let last = 0;

/** Another one each time, below 200: no real area code begins with 0 or 1. */
export function freeNpa(): string {
  return String(last++).padStart(3, "0");
}

export const NEW_JERSEY = {
  country_code: "US",
  country_name: "United States",
  state_province_code: "NJ",
  state_province_name: "New Jersey",
};

/** What was recorded, newest first. */
export async function audited(stage: Stage, action: string): Promise<Record<string, unknown>[]> {
  const rows = await stage.sql<{ payload: Record<string, unknown> }[]>`
    select payload from auth.audit_log_entries where payload ->> 'action' = ${action} order by created_at desc`;
  return rows.map(({ payload }) => payload);
}
