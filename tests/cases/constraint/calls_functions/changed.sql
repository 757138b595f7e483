ALTER TABLE public.t DROP CONSTRAINT shaped, ADD CONSTRAINT shaped CHECK (NOT is_code(code));
