import { serve } from "../_shared/serve.ts";
import { stripeOf } from "../_shared/stripe.ts";
import { handler } from "./handler.ts";

serve(handler, (environment) => ({ stripe: stripeOf(environment) }));
