import { serve } from "../_shared/serve.ts";
import { handler, newLookups } from "./handler.ts";

serve(handler, () => ({ lookups: newLookups() }));
