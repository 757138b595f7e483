import { serve } from "../_shared/serve.ts";
import { handler } from "./handler.ts";

// The platform names a deployment `<project>_<function>_<version>`.
const version = Deno.env.get("DENO_DEPLOYMENT_ID")?.split("_").at(-1) ?? "local";

serve(handler, () => ({ version }));
