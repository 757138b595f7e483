import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { implement } from "../_shared/implement.ts";
import { anonymous } from "../_shared/log.ts";

const Counted = z.strictObject({
  success: z.boolean(),
  total_uploads: z.number().int().nullable(),
  message: z.string(),
});

const tracking = contract({
  slug: "track-upload",
  group: "uploads",
  summary:
    "Counts the caller's uploads. Where that fails it says so in a success: no upload waits for its counter.",
  callers: ["user"],
  timeout: 5_000,
  input: z.strictObject({ file_count: z.number().int().min(1).max(1_000).default(1) }),
  output: Counted,
});

export const handler = implement(tracking, async ({ input, user }, { database, log }) => {
  try {
    // The counter takes any user's id and any caller, so it is called as the service, with the caller's own.
    const [counted] = await database.service<z.input<typeof Counted>[]>`
      select success, total_uploads, message from public.increment_upload_count(${user.id}, ${input.file_count})`;
    return counted ?? { success: false, total_uploads: null, message: "The upload was not counted" };
  } catch (error) {
    log("warn", "uncounted", anonymous(error));
    return { success: false, total_uploads: null, message: "The upload was not counted" };
  }
});
