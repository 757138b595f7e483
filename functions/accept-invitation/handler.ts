import { placeholder } from "../_shared/placeholder.ts";

export const handler = placeholder("accept-invitation", "accept an invitation to an organization");
