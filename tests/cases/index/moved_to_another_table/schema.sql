CREATE INDEX i ON public.a (id);
