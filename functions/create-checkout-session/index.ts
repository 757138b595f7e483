import { wirePrices } from "../_shared/billing.ts";
import { serve } from "../_shared/serve.ts";
import { handler } from "./handler.ts";

serve(handler, wirePrices);
