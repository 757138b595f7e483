import { placeholder } from "../_shared/placeholder.ts";

export const handler = placeholder("create-organization", "create an organization");
