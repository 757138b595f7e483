ALTER TABLE public.parents ADD PRIMARY KEY (id);
ALTER TABLE public.parents ADD CONSTRAINT pair UNIQUE (a, b);
ALTER TABLE public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id, a) INCLUDE (b);
ALTER TABLE public.t ADD CONSTRAINT once UNIQUE (email);
ALTER TABLE public.t ADD CONSTRAINT once_with_nulls UNIQUE NULLS NOT DISTINCT (parent, b);
ALTER TABLE public.t ADD CONSTRAINT once_later UNIQUE (code) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE public.t ADD CONSTRAINT positive CHECK (amount > 0);
ALTER TABLE public.t ADD CONSTRAINT known_status CHECK (status IN ('new', 'paid') OR status IS NULL);
ALTER TABLE public.t ADD CONSTRAINT known_code CHECK (code IN ('a', 'b'));
ALTER TABLE public.t ADD CONSTRAINT shaped CHECK (email ~* '^[^@\s]+@[^@\s]+\.[a-z]{2,}$' AND length(trim(email)) < 255);
ALTER TABLE public.t ADD CONSTRAINT of_this_table CHECK (a BETWEEN 0 AND 100) NO INHERIT;
ALTER TABLE public.t ADD CONSTRAINT to_parent FOREIGN KEY (parent) REFERENCES public.parents;
ALTER TABLE public.t ADD CONSTRAINT to_pair FOREIGN KEY (a, b) REFERENCES public.parents (a, b)
  MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE public.t ADD CONSTRAINT to_part FOREIGN KEY (a, b) REFERENCES public.parents (a, b)
  ON DELETE SET DEFAULT (b) DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE public.t ADD CONSTRAINT to_self FOREIGN KEY (parent, a) REFERENCES public.t ON DELETE RESTRICT ON UPDATE NO ACTION DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE public.t ADD CONSTRAINT no_overlap EXCLUDE USING gist (parent WITH =, at WITH &&) WHERE (status = 'paid');
ALTER TABLE public.t ADD CONSTRAINT later EXCLUDE (id WITH =) DEFERRABLE;
