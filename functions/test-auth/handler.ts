import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { implement } from "../_shared/implement.ts";

const testing = contract({
  slug: "test-auth",
  group: "debug",
  summary: "Who the caller is: by the token, and in the eyes of the database's policies.",
  callers: ["user", "service"],
  methods: ["GET", "POST"],
  input: z.strictObject({}),
  output: z.strictObject({
    caller: z.enum(["user", "service"]),
    user_id: z.uuid().nullable(),
    administrator: z.boolean(),
    database_role: z.string(),
    database_user_id: z.uuid().nullable(),
  }),
});

export const handler = implement(testing, async ({ caller }, { database }) => {
  const [seen] = await database.as(
    caller,
    (sql) =>
      sql<[{ database_role: string; database_user_id: string | null }]>`
      select current_user as database_role, auth.uid() as database_user_id`,
  );
  const id = caller.kind === "user" ? caller.id : null;
  return {
    caller: caller.kind === "user" ? "user" as const : "service" as const,
    user_id: id,
    administrator: id !== null && await database.isAdmin(id),
    ...seen,
  };
});
