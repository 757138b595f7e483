ALTER TABLE public.t RENAME CONSTRAINT "t/key (1)" TO "other.key";
ALTER TABLE public.t RENAME CONSTRAINT positive TO was_positive;
