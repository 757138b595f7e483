ALTER TABLE public.t DROP CONSTRAINT positive, ADD CONSTRAINT positive CHECK (amount >= 0);
ALTER TABLE public.t DROP CONSTRAINT known_code;
ALTER TABLE public.t DROP CONSTRAINT to_parent, ADD CONSTRAINT to_parent FOREIGN KEY (parent) REFERENCES public.parents ON DELETE CASCADE;
ALTER TABLE public.t ALTER CONSTRAINT to_self NOT DEFERRABLE;
ALTER TABLE public.t DROP CONSTRAINT once, ADD CONSTRAINT once UNIQUE (email, code);
ALTER TABLE public.t DROP CONSTRAINT no_overlap, ADD CONSTRAINT no_overlap EXCLUDE USING gist (at WITH &&) WHERE (status = 'paid');
