ALTER TABLE public.t ALTER a TYPE text, ALTER c TYPE text COLLATE "C", ALTER d TYPE text COLLATE "My Order";
