import { serve } from "../_shared/serve.ts";
import { handler, newDataset } from "./handler.ts";

serve(handler, () => ({ dataset: newDataset() }));
